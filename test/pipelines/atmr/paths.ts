import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { definePipeline, type PipelinePath } from '../pipeline.ts'
import { manualRun, push, pushTag } from '../run-event.ts'
import { errorsOf, expectEnd, printedBy, shaTag } from '../verify.ts'
import { APP, IMAGE, Stage } from './stage.ts'

const SCAN = 'trivy-action'
const EMULATION = 'setup-qemu-action'
const COMPOSE = 'docker-compose.production.yml'
const SERVICES = ['postgres', 'redis', 'scheduler', 'web', 'worker']

const tagsOf = async (stage: Stage) => Object.keys(await stage.lab.registry.platformsOf(IMAGE)).sort()

async function health(stage: Stage): Promise<Record<string, unknown>> {
  return JSON.parse((await stage.request(`${APP}/health`))?.body ?? '{}')
}

/** Every service with a healthcheck, and how it is. */
function stateOfServices(stage: Stage): Promise<string> {
  const format = '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Health.Status}}'
  const names = SERVICES.map(service => `atmr-${service}-1`).join(' ')
  return stage.onServer(`docker inspect --format '${format}' ${names} | sort`)
}

const paths: readonly PipelinePath<Stage>[] = [
  {
    name: 'push to main',
    verified:
      'the bill of materials was written, the pushed image was scanned; five healthy services with four kinds of healthcheck; both migrations are in the database; a booking went through web, Redis, worker and Postgres; secrets arrived as they are',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      const commit = await stage.repository.commit('A change')
      const run = await stage.run(push('main'))
      expectEnd(run, { exitCode: 0, results: { check: 'valid', deploy: 'deployed', smoke: 'passed' } })
      assert.match(printedBy(run, 'Keep the bill of materials'), /"bomFormat": "CycloneDX"/)
      assert.match(printedBy(run, 'Scan the image'), /0 findings of CRITICAL,HIGH/)
      assert.ok(run.lines.some(({ text }) => text.includes(run.outputs['build']?.['digest'] ?? 'no digest')))
      assert.ok((await tagsOf(stage)).includes(shaTag(commit)))
      assert.deepEqual(await health(stage), {
        ...{ status: 'healthy', commit, version: run.outputs['tags']?.['version'] },
        ...{ database: 'ok', redis: 'ok', migrations: { pending: 0 } },
      })
      assert.equal(await stateOfServices(stage), SERVICES.map(service => `${service} healthy`).join('\n'))
      const applied =
        "docker exec atmr-postgres-1 psql -h /tmp -U atmr -Atc 'select name from schema_migrations order by 1'"
      assert.equal(await stage.onServer(applied), '0001_bookings.sql\n0002_booking_state.sql')
      await stage.onServer(`curl --silent --fail ${APP}/bookings --data '{"destination": "the clinic"}'`)
      const dispatched = `until curl --silent ${APP}/bookings | grep --quiet dispatched; do sleep 0.2; done`
      await stage.onServer(`timeout 60 sh -c '${dispatched}'`)
      const password = await stage.onServer('docker exec atmr-web-1 printenv PGPASSWORD')
      assert.equal(password, stage.context.secrets['POSTGRES_PASSWORD'])
      assert.equal(await stage.onServer("docker exec atmr-web-1 sh -c 'printenv SSH_KEY SSH_HOST || true'"), '')
    },
  },
  {
    name: 'push to master',
    verified:
      'the triggers name main and master; a new migration is applied, and what was in the database is still there; QEMU, whose setup fails, stops nothing',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      await stage.deployed()
      const { repository } = stage
      const workflow = parse(await readFile(join(repository.folder, repository.workflow), 'utf8'))
      assert.deepEqual(workflow.on.push, { branches: ['main', 'master'], tags: ['v*.*.*'] })
      await stage.onServer(`curl --silent --fail ${APP}/bookings --data '{"destination": "the station"}'`)
      const commit = await repository.commit(
        'Notes',
        'migrations/0003_notes.sql',
        () => 'alter table bookings add note text;\n',
      )
      const run = await stage.run(push('master'), { env: { LAB_QEMU: 'fails' } })
      expectEnd(run, { exitCode: 0, results: { deploy: 'deployed', smoke: 'passed' } })
      assert.equal(await stage.runningCommit(), commit)
      const kept = `docker exec atmr-postgres-1 psql -h /tmp -U atmr -Atc "select note is null from bookings where destination = 'the station'"`
      assert.equal(await stage.onServer(kept), 't')
    },
  },
  {
    name: 'version tag',
    verified: 'the registry has X.Y.Z and sha-…; the containers are the same',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      await stage.deployed()
      const before = await stage.containers()
      const commit = await stage.repository.commit('A version')
      const run = await stage.run(pushTag('v1.4.0'))
      expectEnd(run, { exitCode: 0, results: { check: 'valid', deploy: undefined } })
      const tags = await tagsOf(stage)
      assert.ok(tags.includes('1.4.0') && tags.includes(shaTag(commit)), `there is ${tags}`)
      assert.equal(await stage.containers(), before)
    },
  },
  {
    name: 'missing and wrong secrets',
    verified:
      'one message names all of them before anything is built; the registry has no new image, the containers are the same',
    async walk(stage) {
      await stage.deployed()
      const before = [await tagsOf(stage), await stage.containers()]
      await stage.repository.commit('Without secrets')
      const { JWT_SECRET_KEY: _, ...rest } = stage.context.secrets
      const run = await stage.run(push('main'), { secrets: { ...rest, APP_ENCRYPTION_KEY_B64: random16() } })
      expectEnd(run, { exitCode: 1, results: { check: 'invalid', tags: undefined, deploy: undefined } })
      assert.match(errorsOf(run), /`JWT_SECRET_KEY` \(missing\)/)
      assert.match(errorsOf(run), /`APP_ENCRYPTION_KEY_B64` \(too-short\)/)
      assert.match(errorsOf(run), /^2 problems with secrets and variables/m)
      assert.deepEqual([await tagsOf(stage), await stage.containers()], before)
    },
  },
  {
    name: 'failing CI',
    verified: 'the log names the failing test; the registry has no new image, the containers are the same',
    async walk(stage) {
      await stage.deployed()
      const before = [await tagsOf(stage), await stage.containers()]
      await stage.repository.commit('A slip', 'atmr/settings.py', text => text.replace('!= 32', '!= 24'))
      const run = await stage.run(push('main'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { tags: undefined, deploy: undefined } })
      assert.match(printedBy(run, 'Unit tests'), /(FAIL|ERROR): test_reads_what_is_complete/)
      assert.deepEqual([await tagsOf(stage), await stage.containers()], before)
    },
  },
  {
    name: 'critical finding in the image',
    verified: 'the scan of the pushed image fails the pipeline; the containers are the same',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      await stage.deployed()
      const before = await stage.containers()
      const commit = await stage.repository.commit('A library with a hole')
      const run = await stage.run(push('main'), { env: { LAB_SCAN_REPORT: 'critical' } })
      expectEnd(run, { exitCode: 1, results: { deploy: undefined } })
      assert.match(printedBy(run, 'Scan the image'), /libexample CVE-2000-0002 CRITICAL.*1 findings of CRITICAL,HIGH/s)
      assert.ok((await tagsOf(stage)).includes(shaTag(commit)))
      assert.equal(await stage.containers(), before)
    },
  },
  {
    name: 'unhealthy version',
    verified:
      'the project is stopped: nothing responds, no container runs; the error names the service; the next deploy starts it again, with its data',
    standIns: [SCAN, EMULATION],
    isInSuite: true,
    async walk(stage) {
      await stage.deployed()
      await stage.onServer(`curl --silent --fail ${APP}/bookings --data '{"destination": "home"}'`)
      await stage.repository.commit('A table that is not there', 'atmr/web.py', text =>
        text.replace('select name from schema_migrations', 'select name from applied_migrations'),
      )
      const run = await stage.run(push('main'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { deploy: 'stopped', smoke: undefined } })
      assert.match(errorsOf(run), /web.*unhealthy/s)
      assert.equal(await stage.request(`${APP}/health`), undefined)
      assert.equal(await stage.onServer('docker ps --quiet --filter label=com.docker.compose.project=atmr'), '')
      await stage.deploy()
      assert.match((await stage.request(`${APP}/bookings`))?.body ?? '', /"home"/)
    },
  },
  {
    name: 'Postgres does not become ready',
    verified:
      'after its 120 s the error names the container of Postgres; the project is stopped; the next deploy starts it again',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      await stage.deployed()
      // It starts, but nobody can reach it.
      await stage.repository.commit('No TCP', COMPOSE, text =>
        text.replace(
          '    volumes:\n      - database:',
          '    command: [-c, listen_addresses=]\n    volumes:\n      - database:',
        ),
      )
      const run = await stage.run(push('main'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { deploy: 'stopped', smoke: undefined } })
      assert.match(errorsOf(run), /atmr-postgres-1 is unhealthy/)
      assert.equal(await stage.onServer('docker ps --quiet --filter label=com.docker.compose.project=atmr'), '')
      await stage.deploy()
    },
  },
  {
    name: 'manual rollback',
    verified: 'for sha-…, a commit and previous /health names that commit; nothing is built',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      const one = await stage.repository.commit('One')
      await stage.deploy()
      const two = await stage.repository.commit('Two')
      await stage.deploy()
      const roll = async (to: string) => {
        const run = await stage.run(manualRun({ to }))
        expectEnd(run, { exitCode: 0, results: { tags: undefined, deploy: 'rolled-back' } })
        return stage.runningCommit()
      }
      assert.equal(await roll('previous'), one)
      assert.equal(await roll(shaTag(two)), two)
      assert.equal(await roll(one), one)
    },
  },
  {
    name: 'git revert on main',
    verified: 'a new image is built and deployed: /health names the commit of the revert',
    standIns: [SCAN, EMULATION],
    async walk(stage) {
      await stage.repository.commit('Shorter words', 'atmr/web.py', text => text.replace('must be a text', 'is needed'))
      await stage.deploy()
      const refusal = () => stage.onServer(`curl --silent ${APP}/bookings --data '{}'`)
      assert.match(await refusal(), /is needed/)
      const reverted = await stage.repository.revert()
      await stage.deploy()
      assert.equal(await stage.runningCommit(), reverted)
      assert.match(await refusal(), /must be a text/)
    },
  },
]

/** A key that is half as long as it has to be. */
function random16(): string {
  return Buffer.alloc(16, 'x').toString('base64')
}

export const atmr = definePipeline({ name: 'atmr', open: Stage.open, paths })
