import path from 'node:path'
import { actionFolder } from '@deploy-actions/build/workspace'
import { runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it } from '@jest/globals'
import { CASES, type Case } from '../differential/compute-tags/cases.ts'
import { readGolden, sharedPart, toGolden } from '../differential/compute-tags/golden.ts'
import { type BundleRun, runCase } from '../differential/compute-tags/run-case.ts'

const DIST = path.join(actionFolder('compute-tags'), 'dist')
const BUNDLE = path.join(DIST, 'index.cjs')

/** Of each kind one: the unit tests have them all. */
const NAMES = [
  'event: version tag, a rule of each type',
  'event: pull request target, no rules',
  'event: schedule without repository, no rules',
  'event: no payload, no rules',
  'semver: match without a group',
  'expressions: block',
  'expressions: unknown zone',
  'expressions: commit date by the API',
  'flavor: on latest too',
  'labels: several lines',
  'lists: quote inside a field',
  'environment: no variables',
  'context git: detached tag',
]
const golden = readGolden()

function caseOf(name: string): Case {
  const found = CASES.find(each => each.name === name)
  if (found === undefined) throw new Error(`there is no case ${name}`)
  return found
}

describe('the bundle of compute-tags', () => {
  it.each(NAMES)('does what docker/metadata-action does: %s', async name => {
    const { outcome } = await runCase(BUNDLE, caseOf(name))
    expect(toGolden(sharedPart(outcome))).toEqual(golden[name])
  })

  it('exports what it sets, and writes the bake files', async () => {
    const { outputs, env, summary, exitCode } = await runBundle('compute-tags', {
      inputs: { images: 'acme/app', policy: 'branch-latest' },
    })
    expect(exitCode).toBe(0)
    expect(outputs).toMatchObject({
      result: 'tagged',
      tags: 'acme/app:main-latest\nacme/app:sha-6dcb09b',
      tag: 'sha-6dcb09b',
    })
    expect(env).toMatchObject({
      DOCKER_METADATA_OUTPUT_TAGS: outputs['tags'],
      DOCKER_METADATA_OUTPUT_BAKE_FILE: outputs['bake-file'],
    })
    expect(Object.keys(env)).toHaveLength(10)
    expect(summary).toContain('### Image tags')
  })

  it('needs neither token nor network nor payload: under act it says what is missing, and goes on', async () => {
    const { exitCode, annotations, outputs } = await runBundle('compute-tags', {
      inputs: { images: 'acme/app', tags: 'type=ref,event=branch\ntype=sha', 'github-token': '' },
      env: { GITHUB_API_URL: 'http://127.0.0.1:9', GITHUB_EVENT_PATH: undefined },
    })
    expect([exitCode, outputs['tags']]).toEqual([0, 'acme/app:main\nacme/app:sha-6dcb09b'])
    expect(annotations).toEqual([expect.objectContaining({ level: 'warning' })])
  })

  it('fails with one annotation that names each line, and no tag', async () => {
    const { exitCode, annotations, outputs } = await runBundle('compute-tags', {
      inputs: { tags: 'type=shaa\ntype=ref', images: 'a b' },
    })
    expect([exitCode, outputs, annotations.length]).toEqual([1, { result: 'failed' }, 1])
    expect(annotations[0]?.message).toContain('did you mean sha?')
    expect(annotations[0]?.message).toContain('- `images` line 1 (a b)')
  })

  it('loads templates, git and the API only when they are asked for', async () => {
    const plain = await runCase(BUNDLE, caseOf('event: main, no rules'), TELL_MODULES)
    const asking = await runCase(BUNDLE, caseOf('expressions: commit date by the API'), TELL_MODULES)
    expect([modulesOf(plain), chunksOf(plain)]).toEqual([[], 0])
    expect(modulesOf(asking)).toEqual(['child_process', 'https'])
    expect(chunksOf(asking)).toBeGreaterThanOrEqual(2)
  })
})

/** The process tells which of node's large modules it has loaded, and which files. */
const TELL_MODULES = `--import=data:text/javascript,${encodeURIComponent(
  `import { createRequire } from 'node:module'
  const { cache } = createRequire('/')
  process.on('exit', () => console.log('loaded ' + JSON.stringify([process.moduleLoadList, Object.keys(cache)])))`,
)}`

function loadedBy({ log }: BundleRun): readonly (readonly string[])[] {
  return JSON.parse(/^loaded (.*)$/m.exec(log)?.[1] ?? '')
}

function modulesOf(run: BundleRun): string[] {
  const loaded = loadedBy(run)[0] ?? []
  return ['child_process', 'https', 'undici'].filter(name => loaded.includes(`NativeModule ${name}`))
}

function chunksOf(run: BundleRun): number {
  return (loadedBy(run)[1] ?? []).filter(file => file.startsWith(DIST) && !file.endsWith('/index.cjs')).length
}
