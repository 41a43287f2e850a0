import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { stageCandidate } from '@deploy-actions/core/deploy/candidate'
import type { Context } from '@deploy-actions/core/deploy/context'
import { collectFiles } from '@deploy-actions/core/host/files'
import { formatChecksums, isFile } from '@deploy-actions/core/host/manifest'
import { packTar } from '@deploy-actions/core/host/tar'
import { ProjectProgram } from '@deploy-actions/core/release/project-program'
import type { StoreSurvey } from '@deploy-actions/core/release/survey'
import { FakeHost } from '@deploy-actions/testkit/fake-host'
import { fakeProgram, type ProgramAnswer, type ProgramResponse } from '@deploy-actions/testkit/fake-program'
import { describe, expect, it } from '@jest/globals'
import { release } from '../release/examples.ts'
import { payload, store } from './examples.ts'
import { fakeServer } from './fake-project.ts'

const good: ProgramAnswer = { sections: { directory: '/tmp/run/preview/shop', config: ['{"name":"shop"}', '---', ''] } }

async function stage(
  response: ProgramResponse,
  files: Record<string, string>,
  found: StoreSurvey = store(undefined),
  more: Partial<Context['workspace']> = {},
  prepare: (host: FakeHost) => void = () => {},
) {
  const host = new FakeHost()
  prepare(host)
  const program = fakeProgram(host, { verbs: { stage: response } })
  const { context, log } = fakeServer({})
  const sent: string[][] = []
  const pack: Context['workspace']['pack'] = (_, entries, { documents }) => {
    sent.push([...documents.map(({ path }) => path), ...entries.map(({ path }) => path)])
    return Readable.from([Buffer.from('TAR')])
  }
  const options = {
    program: new ProjectProgram(host, '/opt/shop', 'boundary'),
    folder: '/tmp/run',
    store: found,
    projectName: undefined,
  }
  const given = payload(files)
  const workspace = { ...context.workspace, pack, ...more }
  const candidate = await stageCandidate(given, options, { ...context, workspace })
  return { candidate, sent, log, calls: program.callsOf('stage'), given }
}

/** A store whose held release has these files. */
function holding(files: Record<string, string>, mode = '644'): StoreSurvey {
  const { manifest, entries } = payload(files)
  const modes = entries.map(({ path }) => `${mode} ${path}\n`).join('')
  return store(release(1), { manifest: `${manifest}${'b'.repeat(64)}  gone.conf\n`, modes, plan: 'link old-link\n' })
}

describe('stageCandidate', () => {
  it('sends everything to a fresh server', async () => {
    const { calls, sent, candidate, log } = await stage(good, { 'a.conf': '1' })
    expect(calls.map(({ args, stdin }) => [args, stdin])).toEqual([[['/tmp/run', '', ''], '.\nTAR']])
    expect(sent).toEqual([['manifest', 'modes', 'links', 'compose', 'compose.yaml', 'a.conf']])
    expect(candidate).toMatchObject({ config: { name: 'shop' }, directory: '/tmp/run/preview/shop' })
    expect(log.text).toContain('2 files sent (14 B)')
  })

  it('reuses unchanged files of the held release, and names what it does not reuse', async () => {
    const { calls, sent } = await stage(
      good,
      { 'a.conf': '1', 'b.conf': '2' },
      holding({ 'a.conf': '1', 'b.conf': 'x' }),
    )
    expect(calls[0]?.args).toEqual(['/tmp/run', 'r1', ''])
    expect(calls[0]?.stdin).toBe('b.conf\ngone.conf\nold-link\n.\nTAR')
    expect(sent[0]?.slice(4)).toEqual(['b.conf'])
  })

  it('sends each byte of the files once, uncompressed, and in one request', async () => {
    const root = await mkdtemp(join(tmpdir(), 'workspace-'))
    const size = 1024 * 1024
    await writeFile(join(root, 'compose.yaml'), 'services: {}\n')
    await writeFile(join(root, 'big.txt'), 'x'.repeat(size))
    const entries = await collectFiles(root, ['compose.yaml', 'big.txt'])
    const bytesSent = async (found: StoreSurvey) => {
      const host = new FakeHost()
      const program = fakeProgram(host, { verbs: { stage: good } })
      const { context } = fakeServer({})
      const options = { program: new ProjectProgram(host, '/opt/shop', 'boundary'), folder: '/tmp/run', store: found }
      const whole = { ...payload({}), root, entries, manifest: formatChecksums(entries) }
      const workspace = { ...context.workspace, pack: packTar }
      await stageCandidate(whole, { ...options, projectName: undefined }, { ...context, workspace })
      expect(host.calls).toHaveLength(1)
      return program.callsOf('stage')[0]?.stdin.length ?? 0
    }
    const headers = 16 * 1024
    const first = await bytesSent(store(undefined))
    expect(first).toBeGreaterThan(size)
    expect(first).toBeLessThan(size + headers)
    const modes = entries.map(entry => (isFile(entry) ? `${entry.mode.toString(8)} ${entry.path}\n` : '')).join('')
    expect(await bytesSent(store(release(1), { manifest: formatChecksums(entries), modes, plan: '' }))).toBeLessThan(
      headers,
    )
    await rm(root, { recursive: true })
  })

  it('sends a file again whose mode changed', async () => {
    const { sent } = await stage(good, { 'a.conf': '1' }, holding({ 'a.conf': '1' }, '755'))
    expect(sent[0]?.slice(4)).toEqual(['compose.yaml', 'a.conf'])
  })

  it('sends everything when a reused file was changed on the server, and gives up when that does not help', async () => {
    const damaged: ProgramAnswer = { sections: { ...good.sections, damaged: 'a.conf: FAILED' } }
    const files = { 'a.conf': '1' }
    const { sent, calls } = await stage([damaged, good], files, holding(files))
    expect(sent.map(each => each.slice(4))).toEqual([[], ['compose.yaml', 'a.conf']])
    expect(calls[1]?.args).toEqual(['/tmp/run', '', ''])
    await expect(stage(damaged, files, holding(files))).rejects.toThrow('a.conf: FAILED')
  })

  it('shows what Compose reports, without the path of the preview', async () => {
    const wrong: ProgramAnswer = {
      sections: {
        directory: '/tmp/run/preview/shop',
        'config-error': 'yaml: /tmp/run/preview/shop/compose.yaml line 3',
      },
    }
    await expect(stage(wrong, {})).rejects.toMatchObject({
      title: 'Invalid compose file',
      message: 'docker compose config reports: yaml: compose.yaml line 3',
    })
  })

  it.each([
    [
      'an env file',
      'env file /tmp/run/preview/shop/app.env not found: stat /tmp/run/preview/shop/app.env: no such file',
      'app.env',
    ],
    ['a file that is included', 'open /tmp/run/preview/shop/a b/c.yaml: no such file or directory', 'a b/c.yaml'],
  ])('leads to `files` for %s that the workspace has', async (_, error, path) => {
    const wrong: ProgramAnswer = { sections: { directory: '/tmp/run/preview/shop', 'config-error': error } }
    const entry = { path, mode: 0o644, size: 1, sha256: '' }
    const workspace = { exists: async (_root: string, wanted: string) => wanted === path, collect: async () => [entry] }
    await expect(stage(wrong, {}, store(undefined), workspace)).rejects.toMatchObject({
      title: `${path} is missing`,
      next: `Name ${path} in \`files\`.`,
    })
    await expect(stage(wrong, {})).rejects.toMatchObject({
      next: expect.stringContaining('have an earlier step write'),
    })
  })

  it('compares networks and volumes with those of the server', async () => {
    const config = {
      name: 'shop',
      networks: { default: { name: 'shop_default' }, backend: { name: 'shop_backend', internal: true } },
      volumes: { data: { name: 'shop_data' }, cache: { name: 'shop_cache' } },
    }
    const found = { network: { Name: 'shop_backend' }, volume: { Name: 'shop_data', Options: { device: 'x' } } }
    const inspected: string[][] = []
    const prepare = (host: FakeHost) =>
      host.on(
        argv => argv.includes('inspect'),
        ({ argv }) => {
          inspected.push(argv.slice(-(argv.length - 5)))
          const kind = argv.includes('network') ? 'network' : 'volume'
          return { exitCode: 1, stdout: `\n${argv[4]}\n${JSON.stringify(found[kind])}\n` }
        },
      )
    const answer: ProgramAnswer = { sections: { ...good.sections, config: [JSON.stringify(config), '---', ''] } }
    const { candidate } = await stage(answer, {}, store(undefined), {}, prepare)
    expect(inspected.map(argv => argv.join(' '))).toEqual([
      'docker network inspect --format {{json .}} shop_backend',
      'docker volume inspect --format {{json .}} shop_data shop_cache',
    ])
    expect(candidate.changedResources).toMatchObject([
      { name: 'shop_backend', settings: ['internal'] },
      { name: 'shop_data', settings: ['driver_opts.device'] },
    ])
  })

  it('names the variables that nobody sets, with the services that use them', async () => {
    const warnings = 'level=warning msg="The \\"DB_PASSWORD\\" variable is not set. Defaulting to a blank string."'
    const text = 'services: { db: { environment: { P: "${DB_PASSWORD}" } } }'
    const answer: ProgramAnswer = { sections: { ...good.sections, warnings } }
    const { candidate } = await stage(answer, {}, store(undefined), { readText: async () => text })
    expect(candidate.unset).toEqual({ variables: [{ name: 'DB_PASSWORD', services: ['db'] }], isInEnv: false })
  })
})
