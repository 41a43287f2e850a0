import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'

export interface SshAgent extends AsyncDisposable {
  /** The socket, as SSH_AUTH_SOCK names it. */
  readonly path: string
}

/** An SSH agent that holds one key. */
export async function startSshAgent(privateKey: string): Promise<SshAgent> {
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error) throw key
  const folder = await mkdtemp(join(tmpdir(), 'agent-'))
  const path = join(folder, 'socket')
  const server = createServer(socket => {
    const protocol = new ssh2.AgentProtocol(false)
    protocol.on('identities', request => protocol.getIdentitiesReply(request, [key]))
    protocol.on('sign', (request, _key, data) => protocol.signReply(request, key.sign(data)))
    socket.pipe(protocol).pipe(socket)
  })
  await once(server.listen(path), 'listening')
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await new Promise(resolve => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}
