import {
  identityProblems,
  mergedStartFiles,
  startFiles,
  unrecordedFiles,
  unusedStartFiles,
} from '@deploy-actions/core/deploy/identity'
import { describe, expect, it } from '@jest/globals'
import { container, release } from '../release/examples.ts'

const label = (project: string, directory: string, realDirectory = directory) => ({ project, directory, realDirectory })
const titles = (name: string, path: string, survey: Parameters<typeof identityProblems>[2]) =>
  identityProblems(name, path, survey).map(({ title }) => title)

describe('identityProblems', () => {
  it('has none for the same name in the same directory', () => {
    expect(titles('shop', '/opt/shop', { projects: [label('shop', '/opt/shop')], realPath: '/opt/shop' })).toEqual([])
    expect(titles('shop', '/opt/shop', { projects: [label('blog', '/opt/blog')], realPath: undefined })).toEqual([])
  })

  it('follows links: the directory is the same under both names', () => {
    const survey = { projects: [label('app', '/opt/app', '/data/app-real')], realPath: '/data/app-real' }
    expect(titles('app', '/opt/app', survey)).toEqual([])
    expect(titles('app', '/data/app-real', survey)).toEqual([])
  })

  it('refuses another project in this directory, and names it', () => {
    const [problem] = identityProblems('new', '/opt/shop', {
      projects: [label('old', '/srv/link', '/opt/shop')],
      realPath: '/opt/shop',
    })
    expect(problem).toMatchObject({
      title: '/opt/shop holds another project: old',
      next: expect.stringContaining('project-name: old'),
    })
  })

  it('refuses the same name from another directory, also from one that is gone', () => {
    const survey = { projects: [label('shop', '/srv/gone', '')], realPath: undefined }
    expect(titles('shop', '/opt/shop', survey)).toEqual(['Project name shop is already used'])
  })

  it('reports a second project and a used name at once', () => {
    const projects = [label('old', '/opt/shop'), label('shop', '/srv/shop')]
    expect(titles('shop', '/opt/shop', { projects, realPath: '/opt/shop' })).toHaveLength(2)
  })
})

describe('startFiles', () => {
  const started = (files: string, directory = '/opt/shop') =>
    container({
      labels: {
        'com.docker.compose.project.config_files': files,
        'com.docker.compose.project.working_dir': directory,
      },
    })

  it('are relative to the project directory, under whichever name it was started', () => {
    const files = startFiles([started('/data/real/compose.yaml,/opt/app/b.yml')], '/opt/app', '/data/real')
    expect(files).toEqual([
      { path: 'compose.yaml', isInside: true },
      { path: 'b.yml', isInside: true },
    ])
  })

  it('are found from the relative paths of Compose 1', () => {
    expect(startFiles([started('docker-compose.yml')], '/opt/shop', '/opt/shop')).toEqual([
      { path: 'docker-compose.yml', isInside: true },
    ])
  })

  it('can lie outside', () => {
    expect(startFiles([started('/etc/extra.yml')], '/opt/shop', '/opt/shop')).toEqual([
      { path: '/etc/extra.yml', isInside: false },
    ])
  })

  it('do not exist for containers of a release', () => {
    const files = '/opt/shop/compose.yaml,/opt/shop/.deploy/releases/r1/images.yml'
    expect(startFiles([started(files)], '/opt/shop', '/opt/shop')).toEqual([])
  })

  it('that the deploy does not use are named', () => {
    const files = startFiles([started('/opt/shop/a.yml,/opt/shop/a.override.yml')], '/opt/shop', '/opt/shop')
    expect(unusedStartFiles(files, ['a.yml'])).toEqual(['a.override.yml'])
  })
})

describe('mergedStartFiles', () => {
  const started = (...files: readonly string[]) =>
    container({
      labels: {
        'com.docker.compose.project.config_files': files.map(file => `/opt/shop/${file}`).join(','),
        'com.docker.compose.project.working_dir': '/opt/shop',
      },
    })
  const merged = (...lists: readonly (readonly string[])[]) => {
    const found = mergedStartFiles(
      lists.map(list => started(...list)),
      '/opt/shop',
      undefined,
    )
    return 'files' in found ? found.files.map(({ path }) => path) : found.conflict
  }

  it('are those of all containers in their order, also of ours, without what a release added', () => {
    expect(merged(['a.yml', 'c.yml'], ['a.yml', 'b.yml', 'c.yml', '.deploy/releases/r1/images.yml'])).toEqual([
      'a.yml',
      'b.yml',
      'c.yml',
    ])
    expect(merged(['a.yml', 'b.yml'], ['a.yml', 'c.yml'])).toEqual(['a.yml', 'b.yml', 'c.yml'])
    expect(merged([])).toEqual([])
  })

  it('are two lists where the containers contradict each other', () => {
    expect(merged(['a.yml', 'b.yml'], ['b.yml', 'a.yml'])).toEqual(['a.yml, b.yml', 'b.yml, a.yml'])
  })
})

describe('unrecordedFiles', () => {
  const ours = container({
    labels: { 'com.docker.compose.project.config_files': '/opt/shop/a.yml,/opt/shop/.deploy/releases/r1/images.yml' },
  })

  it('are none for containers of the held release', () => {
    expect(unrecordedFiles(release(1), [ours], '/opt/shop', undefined)).toBeUndefined()
  })

  it('are those of our own containers when the record is lost, and of all when some were started manually', () => {
    const manual = container({ service: 'db' })
    const files = [{ path: 'a.yml', isInside: true }]
    expect(unrecordedFiles(undefined, [ours], '/opt/shop', undefined)).toEqual({ files })
    expect(unrecordedFiles(release(1), [ours, manual], '/opt/shop', undefined)).toEqual({
      files: [...files, { path: 'compose.yaml', isInside: true }],
    })
  })
})
