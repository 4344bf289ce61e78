// Every page without a timeline.
import './theme.js'
