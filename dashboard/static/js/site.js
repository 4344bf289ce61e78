// Every page without a timeline.
import './theme.js'

addEventListener('load', () => import('./keep.js'))
