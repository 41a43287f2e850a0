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

/** Starts a container and gives its state after some seconds: status, exit code, health. */
async function stateAfter(tag: FaultTag, seconds: number): Promise<string> {
  const script = `id=$(docker run -d ${images[tag].reference}) && sleep ${seconds} &&
    docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Health.Status}}' "$id"`
  return (await server.exec(script)).stdout.trim()
}

describe('the fault images', () => {
  it('are well or ill as their tags say', async () => {
    const expected = [
      ['ok-v1', 3, 'running 0 healthy'],
      ['ok-v2', 3, 'running 0 healthy'],
      ['crash', 2, 'exited 1 unhealthy'],
      ['sick', 7, 'running 0 unhealthy'],
      ['late-crash', 4, 'running 0 healthy'],
      ['late-crash', 12, 'exited 9 unhealthy'],
    ] as const
    const states = expected.map(async ([tag, seconds]) => [tag, seconds, await stateAfter(tag, seconds)])
    expect(await Promise.all(states)).toEqual(expected)
  })

  it('two-of-three-die leaves one of three', async () => {
    const run = `docker run -d -v shared:/shared ${images['two-of-three-die'].reference}`
    const script = `ids="$(${run}) $(${run}) $(${run})"; sleep 5; docker inspect -f '{{.State.Status}}' $ids | sort`
    expect((await server.exec(script)).stdout).toBe('exited\nexited\nrunning\n')
  })

  it('answer with their version, and stop when told to', async () => {
    const script = `id=$(docker run -d ${images['ok-v2'].reference}) && sleep 1 &&
      docker exec "$id" /bin/busybox wget -qO- http://127.0.0.1:8080/ && start=$(date +%s) && docker stop "$id" > /dev/null &&
      echo $(($(date +%s) - start))`
    const [version, took] = (await server.exec(script)).stdout.split('\n')
    expect(version).toBe('v2')
    expect(Number(took)).toBeLessThan(5)
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
