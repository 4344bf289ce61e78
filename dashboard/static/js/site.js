// Every page without a timeline.
import './theme.js'

if ('thrifty' in document.documentElement.dataset) import('./lean.js')
addEventListener('load', () => import('./keep.js'))
