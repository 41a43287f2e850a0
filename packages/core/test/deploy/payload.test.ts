import type { Workspace } from '@deploy-actions/core/deploy/context'
import type { SourceOptions } from '@deploy-actions/core/deploy/options'
import { collectPayload } from '@deploy-actions/core/deploy/payload'
import type { ManifestEntry } from '@deploy-actions/core/host/manifest'
import { describe, expect, it } from '@jest/globals'

const hash = 'a'.repeat(64)

/** A workspace of files, all of which are collected. */
function workspace(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): Workspace {
  const entries: ManifestEntry[] = [
    ...Object.keys(files).map(path => ({ path, mode: path.endsWith('.sh') ? 0o755 : 0o644, size: 1, sha256: hash })),
    ...Object.entries(links).map(([path, link]) => ({ path, link })),
  ]
  return {
    collect: async () => entries,
    exists: async (_, path) => path in files,
    readText: async (_, path) => files[path] ?? '',
    pack: () => {
      throw new Error('nothing is packed')
    },
  }
}

const collect = (given: Workspace, source: Partial<SourceOptions> = {}) =>
  collectPayload(
    {
      root: 'app',
      place: '"app" of the workspace',
      envRoot: 'app',
      composeFiles: [],
      files: [],
      env: [],
      envFile: undefined,
      ...source,
    },
    given,
  )

describe('collectPayload', () => {
  it('describes files, modes and links', async () => {
    const files = { 'compose.yml': '', 'run.sh': '' }
    expect(await collect(workspace(files, { current: 'a' }))).toMatchObject({
      composeFiles: ['compose.yml'],
      manifest: `${hash}  compose.yml\n${hash}  run.sh\n`,
      modes: '644 compose.yml\n755 run.sh\n',
      links: ['current'],
      env: undefined,
    })
  })

  it("finds the compose file in Compose's order", async () => {
    const files = { 'docker-compose.yml': '', 'compose.yml': '', 'compose.yaml': '' }
    expect((await collect(workspace(files))).composeFiles).toEqual(['compose.yaml'])
    await expect(collect(workspace({}))).rejects.toMatchObject({
      title: 'Compose file not found',
      message: expect.stringContaining('docker-compose.yml is in "app" of the workspace.'),
    })
  })

  it('writes .env from a file and from values, where values win', async () => {
    const files = { 'compose.yaml': '', 'prod.env': 'A=1' }
    const source = { envFile: 'prod.env', env: [['A', '2']] } as const
    expect((await collect(workspace(files), source)).env).toBe("A=1\nA='2'\n")
    expect((await collect(workspace(files), { envFile: 'prod.env' })).env).toBe('A=1')
    await expect(collect(workspace(files), { envFile: 'gone.env' })).rejects.toThrow('`env-file` names gone.env')
  })

  it('takes a .env among the files for the .env, never for an ordinary file', async () => {
    const files = { 'compose.yaml': '', '.env': 'A=1\n' }
    const payload = await collect(workspace(files), { env: [['B', '2']] })
    expect(payload.env).toBe("A=1\nB='2'\n")
    expect(payload.entries.map(({ path }) => path)).toEqual(['compose.yaml'])
    const two = collect(workspace({ ...files, 'prod.env': '' }), { envFile: 'prod.env' })
    await expect(two).rejects.toMatchObject({ title: 'Two sources of .env' })
  })

  it('passes the active profiles to Compose in .env', async () => {
    const files = { 'compose.yaml': '', 'prod.env': 'A=1\nCOMPOSE_PROFILES=\n' }
    const profiles = ['worker', 'metrics']
    const entries = [['A', '2']] as const
    const payload = await collect(workspace(files), { profiles, env: entries })
    expect(payload).toMatchObject({ env: "A='2'\nCOMPOSE_PROFILES='worker,metrics'\n", profiles })
    const withFile = await collect(workspace(files), { profiles, envFile: 'prod.env' })
    expect(withFile.env).toBe("A=1\nCOMPOSE_PROFILES=\nCOMPOSE_PROFILES='worker,metrics'\n")
  })

  it.each<[string, Partial<SourceOptions>, string]>([
    ['without a .env', {}, 'and this step writes none: the one on the server stays'],
    [
      'beside the variable in `env`',
      { env: [['COMPOSE_PROFILES', 'a']] },
      'and `env`, `env-json` or `env-names`, both set',
    ],
    ['beside the variable in `env-file`', { envFile: 'prod.env' }, '`profiles` and prod.env both set'],
  ])('refuses profiles %s', async (_, source, message) => {
    const files = { 'compose.yaml': '', 'prod.env': 'A=1\nexport COMPOSE_PROFILES="a"\n' }
    await expect(collect(workspace(files), { ...source, profiles: ['worker'] })).rejects.toThrow(message)
    expect((await collect(workspace(files), source)).profiles).toEqual([])
  })

  it.each(['back\\slash', 'new\nline'])('refuses the name %j', async path => {
    await expect(collect(workspace({ 'compose.yaml': '', [path]: '' }))).rejects.toThrow(JSON.stringify(path))
  })
})
