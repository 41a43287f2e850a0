import { publishedPort } from './docker.ts'
import { ensureMachine, execIn, service } from './machine.ts'
import type { LabNames } from './names.ts'

/** An HTTP proxy, for what must work behind one. */
export interface LabProxy {
  readonly container: string
  /** As this machine reaches it. */
  readonly url: string
  /** As the servers reach it. */
  readonly address: string
  /** What went through it, a line a request: `CONNECT vps1.lab:443 HTTP/1.1`. */
  requests(): Promise<string[]>
}

export async function ensureProxy(lab: LabNames, image: string): Promise<LabProxy> {
  const container = await ensureMachine(lab, { name: 'proxy', services: ['proxy'], ports: [8888] }, image)
  await service(container, 'proxy', 'wait')
  return {
    container,
    url: `http://127.0.0.1:${await publishedPort(container, 8888)}`,
    address: 'http://proxy.lab:8888',
    async requests() {
      const { stdout } = await execIn(container, 'cat /var/log/lab/requests.log')
      return [...stdout.matchAll(/Request \(file descriptor \d+\): (.*)$/gm)].map(match => match[1] ?? '')
    },
  }
}
