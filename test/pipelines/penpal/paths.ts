import assert from 'node:assert/strict'
import { definePipeline, type PipelinePath } from '../pipeline.ts'
import { manualRun, push, pushTag } from '../run-event.ts'
import { errorsOf, expectEnd, printedBy, shaTag } from '../verify.ts'
import { ENVIRONMENTS, healthOf } from './coolify.ts'
import { Stage } from './stage.ts'

const { staging, production } = ENVIRONMENTS
const BOTH = ['linux/amd64', 'linux/arm64']
const rollback = (environment: string, tag: string) => manualRun({ environment, tag })

const paths: readonly PipelinePath<Stage>[] = [
  {
    name: 'push to develop',
    verified:
      'lint, tests and coverage ran; the index in the registry has amd64 and arm64; staging serves the commit, and Coolify had requests for staging alone, with the token',
    async walk(stage) {
      const commit = await stage.repository.commit('Develop')
      const run = await stage.run(push('develop'))
      expectEnd(run, { exitCode: 0, results: { deploy: 'pending', smoke: 'passed' } })
      assert.match(printedBy(run, 'Lint'), /Found 0 warnings and 0 errors\./)
      assert.match(printedBy(run, 'Unit tests with coverage'), /pass 13\n.*100\.00.*end of coverage report/s)
      assert.match(printedBy(run, 'End-to-end tests'), /pass 3/)
      assert.deepEqual(run.published[shaTag(commit)], BOTH)
      assert.equal((await healthOf(stage.lab, staging))?.commit, commit)
      assert.equal(stage.tagOf('staging'), shaTag(commit))
      assert.notEqual(run.requests.length, 0)
      for (const { path, headers, query, body } of run.requests) {
        assert.equal(headers.authorization, `Bearer ${stage.context.secrets['COOLIFY_API_TOKEN']}`)
        assert.doesNotMatch(path + JSON.stringify(query) + body, new RegExp(production.uuid))
      }
    },
  },
  {
    name: 'push to main',
    verified: 'production serves the commit, staging is unchanged',
    async walk(stage) {
      const tag = await stage.deployed('staging')
      const commit = await stage.repository.commit('Main')
      const run = await stage.run(push('main'))
      expectEnd(run, { exitCode: 0, results: { deploy: 'pending', smoke: 'passed' } })
      const health = await healthOf(stage.lab, production)
      assert.deepEqual([health?.version, health?.commit], ['main-latest', commit])
      assert.equal(stage.tagOf('staging'), tag)
    },
  },
  {
    name: 'version tag',
    verified: 'the registry has X.Y.Z, sha-… and latest for amd64 and arm64; Coolify had no request',
    async walk(stage) {
      const commit = await stage.repository.commit('A version')
      const run = await stage.run(pushTag('v1.2.3'))
      expectEnd(run, { exitCode: 0, results: { deploy: undefined } })
      assert.deepEqual(run.published, { '1.2.3': BOTH, [shaTag(commit)]: BOTH, latest: BOTH })
      assert.deepEqual(run.requests, [])
    },
  },
  {
    name: 'failing CI',
    verified: 'the log names the failing tests; no image in the registry, no request to Coolify',
    async walk(stage) {
      await stage.repository.commit('A slip', 'src/pen-pals.js', text => text.replace('teaches > 0', 'teaches > 1'))
      const run = await stage.run(push('develop'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { deploy: undefined } })
      assert.match(printedBy(run, 'Unit tests with coverage'), /fail [1-9]/)
      assert.deepEqual([run.published, run.requests], [{}, []])
    },
  },
  {
    name: 'unhealthy version',
    verified:
      'the previous container still serves; Coolify has the previous tag set again; the error names the variables',
    async walk(stage) {
      const tag = await stage.deployed('staging')
      const before = await healthOf(stage.lab, staging)
      const commit = await stage.repository.commit('Stamps', 'src/settings.js', text =>
        text.replace("['NODE_ENV']", "['NODE_ENV', 'STAMPS_KEY']"),
      )
      const run = await stage.run(push('develop'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { deploy: 'rolled-back', smoke: undefined } })
      assert.deepEqual(run.published[shaTag(commit)], BOTH)
      assert.equal(stage.tagOf('staging'), tag)
      assert.match(errorsOf(run), /did not become healthy.*variables/s)
      assert.deepEqual(await healthOf(stage.lab, staging), before)
    },
  },
  {
    name: 'failing smoke test',
    verified:
      'the version is healthy and was deployed; after its smoke test the previous version serves again, and Coolify has its tag',
    isInSuite: true,
    async walk(stage) {
      const tag = await stage.deployed('staging')
      const before = await healthOf(stage.lab, staging)
      // Healthy for Coolify, but its image does not know its commit.
      const commit = await stage.repository.commit('Forget the commit', 'Dockerfile', text =>
        text.replace(' COMMIT=${COMMIT}', ''),
      )
      const run = await stage.run(push('develop'))
      await stage.repository.undoCommit()
      expectEnd(run, { exitCode: 1, results: { deploy: 'pending', smoke: 'failed' } })
      const started = stage.coolify.deployments.map(({ effectiveTag }) => effectiveTag).slice(-2)
      assert.deepEqual(started, [shaTag(commit), tag])
      assert.equal(stage.tagOf('staging'), tag)
      assert.deepEqual(await healthOf(stage.lab, staging), before)
    },
  },
  {
    name: 'manual rollback by tag',
    verified:
      'for sha-…, X.Y.Z, vX.Y.Z and previous the environment serves that version; nothing is built, the other environment is unchanged',
    async walk(stage) {
      const main = await stage.deployed('production')
      const first = await stage.repository.commit('One to return to')
      expectEnd(await stage.run(push('develop')), { exitCode: 0, results: { smoke: 'passed' } })
      const version = await stage.repository.commit('Another one')
      expectEnd(await stage.run(pushTag('v2.0.0')), { exitCode: 0, results: { deploy: undefined } })
      const roll = async (tag: string) => {
        const run = await stage.run(rollback('staging', tag))
        expectEnd(run, { exitCode: 0, results: { deploy: 'rolled-back' } })
        assert.deepEqual(run.published, {})
        return (await healthOf(stage.lab, staging))?.commit
      }
      assert.equal(await roll('2.0.0'), version)
      assert.equal(await roll(shaTag(first)), first)
      assert.equal(await roll('v2.0.0'), version)
      assert.equal(await roll('previous'), first)
      assert.equal(stage.tagOf('production'), main)
    },
  },
  {
    name: 'rollback to an image that does not exist',
    verified: 'the error says that the registry does not have the tag; what ran still serves',
    async walk(stage) {
      await stage.deployed('staging')
      const before = await healthOf(stage.lab, staging)
      const run = await stage.run(rollback('staging', 'sha-0000000'))
      assert.equal(run.exitCode, 1)
      assert.match(errorsOf(run), /manifest unknown.*registry does not have that tag/s)
      assert.deepEqual(await healthOf(stage.lab, staging), before)
      assert.notEqual(stage.tagOf('staging'), 'sha-0000000')
    },
  },
  {
    name: 'git revert on main',
    verified: 'a new image is built and deployed: production serves the commit of the revert, with the earlier code',
    async walk(stage) {
      const { repository } = stage
      const hint = async () => {
        const response = await fetch(`http://127.0.0.1:${stage.lab.server().ports[production.port]}/matches`)
        return ((await response.json()) as { error: string }).error
      }
      await repository.commit('Another hint', 'src/server.js', text => text.replace('learns, as in', 'learns, such as'))
      expectEnd(await stage.run(push('main')), { exitCode: 0, results: { smoke: 'passed' } })
      assert.match(await hint(), /such as/)
      const reverted = await repository.revert()
      const run = await stage.run(push('main'))
      expectEnd(run, { exitCode: 0, results: { smoke: 'passed' } })
      assert.deepEqual(run.published, { [shaTag(reverted)]: BOTH })
      assert.equal((await healthOf(stage.lab, production))?.commit, reverted)
      assert.match(await hint(), /as in/)
    },
  },
  {
    name: 'missing secret',
    verified: 'one error names the webhook and the token; no request to Coolify',
    async walk(stage) {
      const { REGISTRY_PASSWORD = '' } = stage.context.secrets
      const run = await stage.run(rollback('production', '1.2.3'), { REGISTRY_PASSWORD })
      expectEnd(run, { exitCode: 1, results: { deploy: 'failed' } })
      assert.match(errorsOf(run), /`?webhook`?/)
      assert.match(errorsOf(run), /`?token`?/)
      assert.deepEqual(run.requests, [])
    },
  },
]

export const penpal = definePipeline({ name: 'penpal', open: Stage.open, paths })
