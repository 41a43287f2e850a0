import { type AdoptRequest, adopt } from '@deploy-actions/core/deploy/adopt'
import { withProject } from '@deploy-actions/core/deploy/project'
import type { Release } from '@deploy-actions/core/release/record'
import type { ProgramAnswer } from '@deploy-actions/testkit/fake-program'
import { describe, expect, it } from '@jest/globals'
import { container, release } from '../release/examples.ts'
import { fakeServer, projectOptions, storeSections } from './fake-project.ts'

const FILES = 'com.docker.compose.project.config_files'
const ours = container({
  service: 'db',
  labels: { [FILES]: '/opt/shop/a.yml,/opt/shop/.deploy/releases/r1/images.yml' },
})
const manual = (...files: readonly string[]) =>
  container({ labels: { [FILES]: files.map(file => `/opt/shop/${file}`).join(',') } })
const sums = (...paths: readonly string[]) => paths.map(path => `${'0'.repeat(64)}  ${path}`).join('\n')
const hashes: ProgramAnswer = { sections: { hashes: 'web hash-web' } }

async function adopting(
  parts: Partial<AdoptRequest>,
  answer = hashes,
  releases: readonly Release[] = [],
  held: Readonly<Record<string, string>> = {},
) {
  const server = fakeServer({ adopt: answer, store: {} }, { ...storeSections(releases), ...held })
  const request: AdoptRequest = {
    state: 'confirmed',
    project: 'shop',
    reason: 'a test',
    containers: [],
    services: release(1).services,
    paths: [],
    upTimeout: 60,
    onFailure: 'rollback',
    ...parts,
  }
  const adopted = await withProject(projectOptions, server.context, project => adopt(request, project, server.context))
  const call = (verb: 'adopt' | 'store') => server.programs[0]?.callsOf(verb)[0]
  return { adopted, call }
}

describe('adopt', () => {
  it('uses the files of our own containers when the record of the release is lost', async () => {
    const { adopted } = await adopting({ containers: [ours] })
    expect(adopted).toMatchObject({ composeFiles: ['a.yml'], state: 'confirmed', adopted: true })
  })

  it('uses the files of all containers when some were started again with fewer', async () => {
    const prod = container({
      service: 'db',
      labels: { [FILES]: '/opt/shop/a.yml,/opt/shop/b.yml,/opt/shop/.deploy/releases/r1/images.yml' },
    })
    const { adopted } = await adopting({ containers: [manual('a.yml'), prod] }, hashes, [release(1)])
    expect(adopted.composeFiles).toEqual(['a.yml', 'b.yml'])
  })

  it('names both lists of files that contradict each other', async () => {
    const failing = adopting({ containers: [manual('a.yml', 'b.yml'), manual('b.yml', 'a.yml')] })
    await expect(failing).rejects.toMatchObject({
      title: 'There is no rollback point',
      message: expect.stringContaining('(a.yml, b.yml; b.yml, a.yml)'),
    })
  })

  it('saves the present files as a release that is not confirmed, whatever runs', async () => {
    const answer = { sections: { missing: 'a.yml', hashes: 'web other', links: '.env' } }
    const request = { state: 'staged', containers: [manual('gone.yml')], paths: ['mine.conf'] } as const
    const { adopted, call } = await adopting(request, answer, [release(1)])
    expect(adopted).toMatchObject({ state: 'staged', adopted: true, composeFiles: ['compose.yaml'], env: 'kept' })
    expect(adopted.id).toMatch(/-saved$/)
    expect(call('adopt')?.stdin.split('\n')).toContain('mine.conf')
    expect(call('store')?.stdin).toContain('state staged')
  })

  it('has on record which files no deploy of ours had brought', async () => {
    const answer = {
      sections: { ...hashes.sections, manifest: sums('compose.yaml', 'own.key', 'older.key'), links: 'link' },
    }
    const held = { manifest: sums('compose.yaml', 'older.key'), plan: 'foreign older.key' }
    const { call } = await adopting({ containers: [ours] }, answer, [release(1)], held)
    const lines = call('store')
      ?.stdin.split('\n')
      .filter(line => line.startsWith('foreign '))
    expect(lines).toEqual(['foreign own.key', 'foreign older.key', 'foreign link'])
  })

  it('has a file that it cannot read on record as one to leave alone, also where a deploy had brought it', async () => {
    const answer = { sections: { ...hashes.sections, unreadable: 'secret.key' } }
    const held = { manifest: sums('secret.key') }
    const { call } = await adopting({ containers: [ours] }, answer, [release(1)], held)
    expect(call('store')?.stdin.split('\n')).toContain('foreign secret.key')
  })
})
