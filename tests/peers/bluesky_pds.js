// A real Bluesky PDS and PLC on loopback until stdin ends; prints its address. Put in place by bluesky_pds.sh.
const net = require('node:net')
const { TestNetworkNoAppView } = require('@atproto/dev-env')

const free = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

async function main() {
  const network = await TestNetworkNoAppView.create({
    plc: { port: await free() },
    pds: { port: await free(), hostname: 'localhost' },
  })
  console.log(network.pds.url)
  process.stdin.resume().on('end', () => process.exit(0))
}

main()
