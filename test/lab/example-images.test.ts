import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { type FaultTag, pushBigImage, pushFaultImages } from './example-images.ts'
import { closeLab, type Lab, openLab } from './lab.ts'
import type { PushedImage } from './registry.ts'
import type { LabServer } from './server.ts'

// Real machines on a busy one take their time; a test that hangs is still found.
jest.setTimeout(180_000)

let lab: Lab
let server: LabServer
let images: Record<FaultTag, PushedImage>

async function logIn(to: LabServer): Promise<void> {
  const { username, address, password } = lab.registry
  await to.exec(`docker login --username ${username} --password-stdin ${address}`, { input: password })
}

beforeAll(async () => {
  lab = await openLab({
    name: 'images-test',
    servers: ['vps1', { name: 'small', dockerDiskMb: 250 }],
    registry: true,
  })
  server = lab.server()
  images = await pushFaultImages(lab)
  await Promise.all(lab.servers.map(logIn))
}, 600_000)

// By its name: a lab that failed to open has machines too.
afterAll(() => closeLab('images-test'))

/** Prints what a command prints, once that is as expected or some time has passed. */
const eventually = (expected: string, command: string) =>
  `for i in $(seq 400); do seen=$(${command}); [ "$seen" = '${expected}' ] && break; sleep 0.2; done; echo "$seen"`

/** Starts a container and gives its state when it is as expected, or in the end: status, exit code, health. */
async function stateOf(tag: FaultTag, expected: string): Promise<string> {
  const look = `docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Health.Status}}' "$id"`
  const script = `id=$(docker run -d ${images[tag].reference}) && ${eventually(expected, look)}`
  return (await server.exec(script)).stdout.trim()
}

describe('the fault images', () => {
  it('are well or ill as their tags say', async () => {
    const expected = [
      ['ok-v1', 'running 0 healthy'],
      ['ok-v2', 'running 0 healthy'],
      ['crash', 'exited 1 unhealthy'],
      ['sick', 'running 0 unhealthy'],
      ['late-crash', 'running 0 healthy'],
      ['late-crash', 'exited 9 unhealthy'],
    ] as const
    const states = expected.map(async ([tag, state]) => [tag, await stateOf(tag, state)])
    expect(await Promise.all(states)).toEqual(expected)
  })

  it('two-of-three-die leaves one of three', async () => {
    const run = `docker run -d -v shared:/shared ${images['two-of-three-die'].reference}`
    const look = `docker inspect -f '{{.State.Status}}' $ids | sort`
    const script = `ids="$(${run}) $(${run}) $(${run})"; ${eventually('exited\nexited\nrunning', look)}`
    expect((await server.exec(script)).stdout).toBe('exited\nexited\nrunning\n')
  })

  it('answer with their version, and stop when told to', async () => {
    const ask = 'docker exec "$id" /bin/busybox wget -qO- http://127.0.0.1:8080/ 2>/dev/null'
    const script = `id=$(docker run -d ${images['ok-v2'].reference}) && ${eventually('v2', ask)} &&
      docker stop --time 60 "$id" >/dev/null && docker inspect -f '{{.State.ExitCode}}' "$id"`
    const [version, exitCode] = (await server.exec(script)).stdout.split('\n')
    expect(version).toBe('v2')
    // That of a kill, when the time to stop is over.
    expect(exitCode).not.toBe('137')
  })
})

describe('the big image', () => {
  it('does not fit on a small disk, and fits on a large one', async () => {
    const { reference } = await pushBigImage(lab, 300)
    const refused = await lab.server('small').exec(`docker pull -q ${reference}`, { check: false })
    expect(refused.stderr).toMatch(/no space left on device/)
    expect((await server.exec(`docker pull -q ${reference}`)).stdout).toContain(reference)
  })
})
