import { containersOf } from '@deploy-actions/core/release/health'
import { nameOf, type ReleaseRecord } from '@deploy-actions/core/release/record'
import { surveyStore } from '@deploy-actions/core/release/survey'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import { lookAtServer } from './project.ts'
import type { World } from './world.ts'

/** What the server runs and what it could go back to. Changes nothing, and needs no lock. */
export async function status(inputs: Inputs, world: World): Promise<Outcome> {
  await using host = await world.timeline.phase('Connect', () => world.connect())
  const path = (await lookAtServer(host, inputs, world)) ?? inputs.path
  const { current, releases, drift } = await surveyStore(host, path, world.mark)
  const project = current?.project ?? inputs.projectName
  const containers = project === undefined ? [] : await containersOf(host, project)
  const newestFirst = [...releases].sort((a, b) => (a.id < b.id ? 1 : -1))
  return {
    result: 'unchanged',
    release: current,
    previous: newestFirst.find(release => release.id === current?.previous),
    headline: current === undefined ? `No release in ${inputs.path} yet` : `${nameOf(current)} is the current release`,
    details: [
      'releases:',
      ...newestFirst.map(release => `  ${release.id === current?.id ? '→' : ' '} ${lineOf(release)}`),
      'containers:',
      ...containers.map(
        ({ name, state, health, imageRef }) => `    ${name}  ${state}${health ? `, ${health}` : ''}  ${imageRef}`,
      ),
      ...(drift.length > 0 ? ['changed by hand since the deploy:', ...drift.map(file => `    ${file}`)] : []),
    ],
  }
}

function lineOf(release: ReleaseRecord): string {
  const reason = release.reason ? `  (${release.reason.split('\n')[0]})` : ''
  return `${nameOf(release)}  ${release.state}${reason}`
}
