import { emptyMounts, findMissing, missingProblems, referencesIn } from '@deploy-actions/core/deploy/references'
import { FilesRefused } from '@deploy-actions/core/host/files'
import type { ProjectProgram } from '@deploy-actions/core/release/project-program'
import { describe, expect, it } from '@jest/globals'
import { candidate, payload } from './examples.ts'
import { fakeServer } from './fake-project.ts'

const DIRECTORY = '/tmp/run/preview/shop'
const bind = (path: string) => ({
  type: 'bind',
  source: path.startsWith('/') ? path : `${DIRECTORY}/${path}`,
  target: '/x',
})

describe('referencesIn', () => {
  it('are the paths below the project directory, each once, with the services', () => {
    const { config } = candidate({
      web: { image: 'w', volumes: [bind('public'), bind('/var/run/docker.sock'), bind('data')] },
      cron: { image: 'c', volumes: [bind('public'), { type: 'volume', source: 'cache', target: '/c' }] },
    })
    expect(referencesIn(config, DIRECTORY)).toEqual([
      { path: 'public', services: ['web', 'cron'], isRequired: false },
      { path: 'data', services: ['web'], isRequired: false },
    ])
  })
})

/** A server that lacks everything but what is named, and a workspace of files. */
async function missing(
  paths: readonly string[],
  workspaceFiles: readonly string[],
  more: Parameters<typeof payload>[1] = {},
) {
  const { context } = fakeServer({})
  const asked: string[] = []
  const program = {
    missingIn: async (directory: string, wanted: readonly string[]) => {
      asked.push(directory, ...wanted)
      return wanted.filter(path => !path.startsWith('on-server'))
    },
  } as unknown as ProjectProgram
  const below = (path: string) => workspaceFiles.filter(file => file === path || file.startsWith(`${path}/`))
  const workspace = {
    ...context.workspace,
    exists: async (_: string, path: string) => below(path).length > 0,
    collect: async (_: string, [path = '']: readonly string[]) => {
      const files = below(path)
      if (files.every(file => file.endsWith('/'))) throw new FilesRefused([`${path} is an empty folder`])
      return files.map(file => ({ path: file, mode: 0o644, size: 1, sha256: '' }))
    },
  }
  const references = paths.map(path => ({ path, services: ['web'], isRequired: path.startsWith('secrets/') }))
  const found = await findMissing(references, DIRECTORY, payload({ 'conf/a': '1' }, more), program, workspace)
  return { found, asked }
}

describe('findMissing', () => {
  it('looks on the server only for what is not uploaded', async () => {
    const { found, asked } = await missing(['conf', 'conf/a', 'on-server/data', 'gone'], [])
    expect(asked).toEqual([DIRECTORY, 'on-server/data', 'gone'])
    expect(found).toEqual([{ path: 'gone', services: ['web'], isRequired: false }])
    expect((await missing(['conf'], [])).asked).toEqual([])
  })

  it('finds what the workspace has, also beside a compose file in a folder', async () => {
    const { found } = await missing(['public', 'app.env'], ['public/index.html', 'deploy/app.env'], {
      composeFiles: ['deploy/compose.prod.yaml'],
    })
    expect(found.map(file => file.found)).toEqual(['public', 'deploy/app.env'])
  })

  it.each([['data/.gitkeep'], ['data/.gitignore'], ['data/']])(
    'takes a folder with only %s for one of the data on the server',
    async file => {
      expect((await missing(['data'], [file])).found).toEqual([{ path: 'data', services: ['web'], isRequired: false }])
    },
  )
})

describe('missingProblems', () => {
  it('names `files` for what the workspace has', () => {
    expect(missingProblems([{ path: 'public', services: ['web'], isRequired: false, found: 'public' }])).toEqual([
      {
        title: 'public is not uploaded',
        message:
          'The compose file refers to public (web): the workspace has it, and neither `files` nor the server does.',
        next: 'Name public in `files`.',
      },
    ])
  })

  it('leads to `working-directory` for what lies beside the compose file', () => {
    const [problem] = missingProblems([{ path: 'a/b', services: ['web'], isRequired: false, found: 'deploy/a/b' }])
    expect(problem?.next).toContain('set `working-directory: deploy`')
  })

  it('refuses a config or secret that is nowhere, and only names a directory for data', () => {
    const nowhere = [
      { path: 'secrets/token', services: ['web'], isRequired: true },
      { path: 'data', services: ['db', 'web'], isRequired: false },
    ]
    expect(missingProblems(nowhere).map(({ title }) => title)).toEqual(['secrets/token does not exist'])
    expect(emptyMounts(nowhere)).toEqual(['data (db, web)'])
  })
})
