import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { definePipeline, type PipelinePath } from '../pipeline.ts'
import { manualRun, push } from '../run-event.ts'
import { errorsOf, expectEnd, printedBy, shaTag } from '../verify.ts'
import { IMAGES, POSTGRES_PASSWORD, PROJECT, PROXY, Stage } from './stage.ts'

const PROXY_FILE = 'infrastructure/proxy/default.conf'
/** The proxy's own path, with a header that names the version of its configuration. */
const withHeader = (version: string) => (text: string) =>
  text.replace('return 204;', `add_header X-Proxy ${version} always;\n    return 204;`)

const paths: readonly PipelinePath<Stage>[] = [
  {
    name: 'push to main',
    verified:
      'both images in the registry with sha-… and latest; the page has the build argument; the proxy leads to the commit; every secret reached .env and the container as it is; one Discord message',
    async walk(stage) {
      const commit = await stage.repository.commit('A change')
      const run = await stage.run(push('main'))
      expectEnd(run, { exitCode: 0, results: { deploy: 'deployed', smoke: 'passed' } })
      for (const image of Object.values(IMAGES)) {
        const tags = Object.keys(await stage.lab.registry.platformsOf(image))
        assert.ok(tags.includes(shaTag(commit)) && tags.includes('latest'), `${image} has ${tags}`)
      }
      assert.equal(await stage.runningCommit(), commit)
      assert.match(
        (await stage.request(`${PROXY}/settings.js`))?.body ?? '',
        /apiBaseUrl: "https:\/\/time\.example\/api"/,
      )
      const inBackend = `cd ${PROJECT} && docker compose -f docker-compose.prod.yml exec -T backend`
      assert.equal(await stage.onServer(`${inBackend} printenv DATABASE_PASSWORD`), POSTGRES_PASSWORD)
      assert.equal(await stage.onServer(`${inBackend} printenv SMTP_HOST`), 'smtp.time.example')
      const { messages } = stage.webhook
      assert.match(messages.at(-1)?.history.at(-1)?.embeds[0]?.title ?? '', /production/)
    },
  },
  {
    name: 'push to master',
    verified:
      'the trigger names main and master; the proxy leads to the commit; the layers with packages came from the cache',
    standIns: ['cache type=gha: the builder keeps the layers'],
    async walk(stage) {
      await stage.deployed()
      const { repository } = stage
      const workflow = parse(await readFile(join(repository.folder, repository.workflow), 'utf8'))
      assert.deepEqual(workflow.on.push.branches, ['main', 'master'])
      const commit = await repository.commit('From master')
      const run = await stage.run(push('master'))
      expectEnd(run, { exitCode: 0, results: { deploy: 'deployed', smoke: 'passed' } })
      assert.equal(await stage.runningCommit(), commit)
      assert.match(printedBy(run, 'Build and push'), /CACHED/)
    },
  },
  {
    name: 'manual run without a target',
    verified: 'the chosen branch is built and deployed: the proxy leads to its commit',
    async walk(stage) {
      await stage.deployed()
      const commit = await stage.repository.commit('By a manual run')
      const run = await stage.run(manualRun({ to: '' }))
      expectEnd(run, { exitCode: 0, results: { deploy: 'deployed', smoke: 'passed' } })
      assert.equal(await stage.runningCommit(), commit)
    },
  },
  {
    name: 'changed file under infrastructure/',
    verified:
      'a response of the running proxy has the new header; after a rollback it has the old one; the database container is the same',
    async walk(stage) {
      await stage.repository.commit('Header one', PROXY_FILE, withHeader('one'))
      await stage.deploy()
      const header = async () =>
        /^X-Proxy: (\w+)/m.exec((await stage.request(`${PROXY}/proxy-health`))?.head ?? '')?.[1]
      const database = () => stage.onServer('docker inspect --format {{.Id}} timemanager-postgres-1')
      assert.equal(await header(), 'one')
      const before = await database()
      await stage.repository.commit('Header two', PROXY_FILE, text => text.replace('X-Proxy one', 'X-Proxy two'))
      await stage.deploy()
      assert.equal(await header(), 'two')
      expectEnd(await stage.run(manualRun({ to: 'previous' })), { exitCode: 0, results: { deploy: 'rolled-back' } })
      assert.equal(await header(), 'one')
      assert.equal(await database(), before)
    },
  },
  {
    name: 'failing CI',
    verified: 'the log names the failing test; no image in the registry, the containers are the same',
    async walk(stage) {
      await stage.deployed()
      const before = await stage.containers()
      const commit = await stage.repository.commit('A slip', 'backend/entries.py', text => text.replace('1440', '1439'))
      const run = await stage.run(push('main'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { tags: undefined, deploy: undefined } })
      assert.match(printedBy(run, 'Unit tests of the backend'), /FAIL: test_takes_a_whole_day/)
      assert.ok(!(shaTag(commit) in (await stage.lab.registry.platformsOf(IMAGES.backend))))
      assert.equal(await stage.containers(), before)
    },
  },
  {
    name: 'missing secret',
    verified: 'without the key, and without the database password: the error names it; the containers are the same',
    async walk(stage) {
      await stage.deployed()
      const before = await stage.containers()
      await stage.repository.commit('Without secrets')
      const { SSH_KEY: _, ...withoutKey } = stage.context.secrets
      const first = await stage.run(push('main'), { secrets: withoutKey })
      expectEnd(first, { exitCode: 1, results: { deploy: 'failed', smoke: undefined } })
      assert.match(errorsOf(first), /`key` and `password` are missing/)
      const { POSTGRES_PASSWORD: __, ...withoutPassword } = stage.context.secrets
      const second = await stage.run(push('main'), { secrets: withoutPassword })
      expectEnd(second, { exitCode: 1, results: { deploy: 'failed', smoke: undefined } })
      assert.match(errorsOf(second), /POSTGRES_PASSWORD/)
      assert.equal(await stage.containers(), before)
    },
  },
  {
    name: 'unhealthy version',
    verified:
      'the proxy leads to the previous commit, with its files and images; the error has the last lines of the backend',
    async walk(stage) {
      const before = await stage.deployed()
      await stage.repository.commit('A table that is not there', 'backend/server.py', text =>
        text.replace('select 1 from entries limit 1', 'select 1 from holidays limit 1'),
      )
      const run = await stage.run(push('main'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { deploy: 'rolled-back', smoke: undefined } })
      assert.equal(await stage.runningCommit(), before)
      assert.match(errorsOf(run), /backend.*unhealthy/s)
      assert.match(printedBy(run, 'Deploy'), /listening on port 8000/)
    },
  },
  {
    name: 'failing smoke test',
    verified:
      'the version is healthy and was deployed; after its smoke test the proxy leads to the previous commit; entries of the database stay; Discord shows the rollback',
    isInSuite: true,
    async walk(stage) {
      const before = await stage.deployed()
      const post = 'curl --silent --fail http://127.0.0.1/api/entries --data \'{"project": "site", "minutes": 25}\''
      await stage.onServer(post)
      const entries = (await stage.request(`${PROXY}/api/entries`))?.body
      // Healthy, but the list of entries has another form than clients expect.
      await stage.repository.commit('Wrap the list', 'backend/server.py', text =>
        text.replace(
          'return 200, [{**row, "created_at": row["created_at"].isoformat()} for row in rows]',
          'return 200, {"entries": [{**row, "created_at": row["created_at"].isoformat()} for row in rows]}',
        ),
      )
      const run = await stage.run(push('main'))
      await stage.repository.undoCommit()
      assert.equal(run.exitCode, 1)
      assert.equal(run.outputs['smoke']?.['result'], 'failed')
      assert.match(errorsOf(run), /time entries are listed/)
      assert.equal(await stage.runningCommit(), before)
      assert.equal((await stage.request(`${PROXY}/api/entries`))?.body, entries)
      assert.match(stage.webhook.messages.at(-1)?.history.at(-1)?.embeds[0]?.title ?? '', /rolled back/)
    },
  },
  {
    name: 'manual rollback',
    verified: 'for a tag, a commit and previous the proxy leads to that commit; nothing is built',
    async walk(stage) {
      await stage.deployed()
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
      assert.equal(await roll(two), two)
      assert.equal(await roll(shaTag(one)), one)
      assert.equal(await roll(two.slice(0, 7)), two)
    },
  },
  {
    name: 'git revert on main',
    verified: 'new images are built and deployed: the proxy leads to the commit of the revert, with the earlier code',
    async walk(stage) {
      await stage.repository.commit('Another name', 'frontend/site/index.html', text =>
        text.replaceAll('Time manager', 'Hours'),
      )
      await stage.deploy()
      assert.match((await stage.request(`${PROXY}/`))?.body ?? '', /<title>Hours/)
      const reverted = await stage.repository.revert()
      await stage.deploy()
      assert.equal(await stage.runningCommit(), reverted)
      assert.match((await stage.request(`${PROXY}/`))?.body ?? '', /<title>Time manager/)
    },
  },
]

export const timeManager = definePipeline({ name: 'time-manager', open: Stage.open, paths })
