import process from 'node:process'
import { makeServer } from './server.js'
import { readSettings } from './settings.js'

const settings = readSettings(process.env)
const server = makeServer(settings)
server.listen(settings.port, () => console.log(`${settings.version} listens on port ${server.address().port}`))
// As the first process of a container, node would ignore the signal that Docker stops it with.
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
