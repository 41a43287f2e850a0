// `node server.ts SOCKET STATE COMPOSE`: the stub engine as a process that is kept warm, for client.c. One call at a time, as each has
// its own directory and environment.
import { createServer, type Socket } from 'node:net'
import { type Call, Ended } from '@deploy-actions/testkit/stub-engine/call'
import { clientCommands, engineCommands } from '@deploy-actions/testkit/stub-engine/commands'
import { CallFailed, DOWN, NotImitated, Store } from '@deploy-actions/testkit/stub-engine/store'

interface Request {
  readonly directory: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** The lists that client.c sends; undefined while they are not complete. */
function parseRequest(bytes: Buffer): Request | undefined {
  const lists: string[][] = []
  let at = 0
  while (lists.length < 3) {
    if (bytes.length < at + 4) return undefined
    const list: string[] = []
    const count = bytes.readUInt32LE(at)
    at += 4
    while (list.length < count) {
      const end = bytes.indexOf(0, at)
      if (end === -1) return undefined
      list.push(bytes.toString('utf8', at, end))
      at = end + 1
    }
    lists.push(list)
  }
  const [[directory = '/'] = [], args = [], env = []] = lists
  const variables = env.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  return { directory, args, env: Object.fromEntries(variables) }
}

/** As in the stub engine's own command line. */
async function docker(
  request: Request,
  statePath: string,
  composeBinary: string,
  send: (kind: 1 | 2, line: string) => void,
): Promise<number> {
  process.chdir(request.directory)
  process.env = { ...request.env }
  const rest = [...request.args]
  let configFolder = request.env['DOCKER_CONFIG'] ?? `${request.env['HOME'] ?? ''}/.docker`
  if (rest[0] === '--config') [, configFolder = ''] = rest.splice(0, 2)
  const store = new Store(statePath)
  const call: Call = { store, composeBinary, configFolder, out: line => send(1, line), err: line => send(2, line) }
  const [first = '', second = ''] = rest
  try {
    const client = clientCommands[`${first} ${second}`] ?? clientCommands[first]
    const engine = engineCommands[`${first} ${second}`] ?? engineCommands[first]
    const command = client ?? engine
    if (command === undefined) throw new NotImitated(`docker ${first} ${second}`)
    if (client === undefined && store.read().isDown) throw new CallFailed(DOWN)
    const isPair =
      clientCommands[`${first} ${second}`] !== undefined || engineCommands[`${first} ${second}`] !== undefined
    await command(call, rest.slice(isPair ? 2 : 1))
    return 0
  } catch (error) {
    if (error instanceof Ended) return error.exitStatus
    if (!(error instanceof CallFailed)) throw error
    if (error.message !== '') send(2, error.message)
    return error.exitStatus
  }
}

const [, , socketPath = '', statePath = '', composeBinary = ''] = process.argv
let queue = Promise.resolve()

function serve(socket: Socket): void {
  let received = Buffer.alloc(0)
  let isStarted = false
  const send = (kind: 0 | 1 | 2, bytes: Buffer) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(kind)
    head.writeUInt32LE(bytes.length, 1)
    if (socket.writable) socket.write(Buffer.concat([head, bytes]))
  }
  // A client can be killed at any moment.
  socket.on('error', () => {})
  socket.on('data', chunk => {
    if (isStarted) return
    received = Buffer.concat([received, chunk as Buffer])
    const request = parseRequest(received)
    if (request === undefined) return
    isStarted = true
    queue = queue.then(async () => {
      const status = await docker(request, statePath, composeBinary, (kind, line) =>
        send(kind, Buffer.from(`${line}\n`)),
      ).catch(error => {
        send(2, Buffer.from(`stub engine: ${error instanceof Error ? error.stack : error}\n`))
        return 125
      })
      send(0, Buffer.from([status]))
      socket.end()
    })
  })
}

const server = createServer(serve)
server.listen(socketPath, () => process.stdout.write('ready\n'))
// It goes with the process that started it.
process.stdin.on('end', () => {
  server.close()
  process.exit(0)
})
process.stdin.resume()
