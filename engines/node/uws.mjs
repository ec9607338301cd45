/** uWebSockets.js under its name, found from here: the shop's own packages know nothing of it. */
import { _cfg as configure } from 'uWebSockets.js'

export * from 'uWebSockets.js'

// Otherwise every answer would carry a header that names the server.
configure('silent')
