import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(300_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('interrupted')
})
afterAll(() => lab?.close())

const phase = (project: Project) => project.on("sed -n 's/^phase //p' .deploy/pending")
const kill = { signalAfter: { output: /Container \S+ +(Creating|Recreate)/, signal: 'SIGKILL' as const } }
const killAtHealth = { signalAfter: { output: /inspecting again/, signal: 'SIGKILL' as const } }

describe('a runner that is killed', () => {
  it('during the switch leaves a switch that completes on the server', async () => {
    await using project = await Project.create(lab, 'completes')
    await project.deploy('ok-v1')
    const killed = await project.deploy('ok-v2', { 'stable-for': '20s' }, kill)
    expect(killed.signal).toBe('SIGKILL')
    await project.until("grep -q '^phase started' .deploy/pending")
    expect(await project.version()).toBe('v2')
    expect(await project.on('cat .env')).toContain("TAG='ok-v2'")
  })

  it('after a healthy first deploy: the next failed deploy rolls back to that one, and removes nothing', async () => {
    await using project = await Project.create(lab, 'unmarked')
    await project.deploy('ok-v1', { 'stable-for': '20s' }, killAtHealth)
    expect(await phase(project)).toBe('started')
    const next = await project.deploy('crash')
    expectEnd(next, 1, 'rolled-back')
    expect(await project.version()).toBe('v1')
  })

  it('and an unhealthy release: the next deploy rolls it back first, and then goes on', async () => {
    await using project = await Project.create(lab, 'unhealthyleft')
    await project.deploy('ok-v1')
    await project.deploy('sick', { 'stable-for': '20s', 'wait-timeout': '60s' }, kill)
    await project.until("grep -q '^phase started' .deploy/pending")
    expectEnd(await project.deploy('crash'), 1, 'rolled-back')
    expect(await project.version()).toBe('v1')
    expect(await project.on('grep -l "state confirmed" .deploy/releases/*/state | wc -l')).toBe('2')
  })

  it('in a first deploy leaves nothing that blocks the next one', async () => {
    await using project = await Project.create(lab, 'firstkilled')
    await project.deploy('crash', { 'stable-for': '20s' }, kill)
    await project.until("grep -q '^phase started' .deploy/pending")
    expectEnd(await project.deploy('ok-v1'), 0, 'deployed')
    expect(await project.version()).toBe('v1')
  })

  it.each(['keep', 'stop'])(
    'or a first deploy that ends with `on-failure: %s` does not block the next one',
    async policy => {
      await using project = await Project.create(lab, `first-${policy}`)
      expect((await project.deploy('crash', { 'on-failure': policy })).exitCode).toBe(2)
      expectEnd(await project.deploy('ok-v1'), 0, 'deployed')
      expectEnd(await project.deploy('crash'), 1, 'rolled-back')
      expect(await project.version()).toBe('v1')
    },
  )
})

describe('a switch that is interrupted on the server', () => {
  it('is rolled back exactly by the next deploy, by `mode: rollback`, and by rollback.sh', async () => {
    await using project = await Project.create(lab, 'halfway')
    for (let number = 0; number < 400; number++) await project.write(`infrastructure/many/${number}`, `one ${number}\n`)
    await project.deploy('ok-v1')
    const files = 'find . -path ./.deploy -prune -o -type f -exec sha256sum {} + | sort'
    const before = await project.on(files)
    for (const recover of [
      () => project.deploy('crash'),
      () => project.run({ mode: 'rollback' }),
      () => project.asDeploy('sh .deploy/releases/$(sed -n "s/^rollback-target //p" .deploy/pending)/rollback.sh'),
    ]) {
      for (let number = 0; number < 400; number++)
        await project.write(`infrastructure/many/${number}`, `two ${Math.random()}\n`)
      await project.write('infrastructure/only-new/file', 'new\n')
      const running = project.deploy('ok-v2')
      // Every process of the login user dies while the files are switched, as at a reboot; the runner finds no way in any more.
      await project.asRoot(
        `for i in $(seq 3000); do grep -q '^phase armed' .deploy/pending && grep -q '^step files' .deploy/activation.result && break; sleep 0.02; done
         mv ~deploy/.ssh/authorized_keys ~deploy/.ssh/away; pkill -KILL -u deploy || true`,
      )
      expect((await running).exitCode).toBe(2)
      await project.asRoot('mv ~deploy/.ssh/away ~deploy/.ssh/authorized_keys')
      expect(await phase(project)).toBe('armed')
      await recover()
      expect(await project.on(files)).toBe(before)
      expect(await project.version()).toBe('v1')
      expect(await project.on('ls infrastructure')).toBe('many\nweb')
    }
  })
})

describe('an engine that is restarted', () => {
  it('while a release is waited for that never becomes healthy does not keep the run from its rollback', async () => {
    await using project = await Project.create(lab, 'restartedengine')
    await project.deploy('ok-v1')
    const running = project.deploy('sick')
    await project.until("grep -q '^phase started' .deploy/pending")
    await project.server.stopService('dockerd')
    await project.server.startService('dockerd')
    expectEnd(await running, 1, 'rolled-back')
    expect(await project.version()).toBe('v1')
    expect(await phase(project)).toBe('rolled-back')
  })
})

describe('an engine that is killed', () => {
  it('stops the services, and the deploy that is under way or the next one starts them again', async () => {
    await using project = await Project.create(lab, 'killedengine')
    const restart = async () => {
      await project.server.killService('dockerd')
      await project.server.startService('dockerd')
    }
    await project.deploy('ok-v1')
    const running = project.deploy('ok-v2', { 'stable-for': '10s' })
    await project.until("grep -q '^phase started' .deploy/pending")
    await restart()
    const run = await running
    expectEnd(run, 0, 'deployed')
    expect(run.stdout).toContain('The release is started once more')
    expect(await project.version()).toBe('v2')
    await restart()
    const status = await project.run({ mode: 'status' })
    expect(status.stdout).toMatch(/a deploy starts them: .*killedengine-web-1/)
    expectEnd(await project.deploy('ok-v2'), 0, 'deployed')
    expect(await project.version()).toBe('v2')
  })
})

describe('the chain of releases', () => {
  it('decides what `mode: rollback` rolls back to: not a release that people rolled back from', async () => {
    await using project = await Project.create(lab, 'chain')
    const first = await project.deploy('ok-v1', { version: 'r1' })
    await project.deploy('ok-v2', { version: 'r2' })
    expectEnd(await project.run({ mode: 'rollback' }), 0, 'rolled-back')
    await project.write('infrastructure/web/settings.conf', 'colour = red\n')
    const third = await project.deploy('ok-v2', { version: 'r3' })
    expect(third.outputs['previous-release']).toBe(first.outputs['release'])
    const back = await project.run({ mode: 'rollback' })
    expectEnd(back, 0, 'rolled-back')
    expect(back.outputs['release']).toBe(first.outputs['release'])
    expectEnd(await project.run({ mode: 'rollback', to: 'r2' }), 0, 'rolled-back')
    expect(await project.version()).toBe('v2')
  })
})
