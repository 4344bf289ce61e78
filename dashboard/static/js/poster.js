// A button to print with, where there is a script to press it.
import './theme.js'

const button = document.querySelector('[data-print]')

button.hidden = false
button.onclick = () => print()
document.querySelector('[data-unscripted]').hidden = true
