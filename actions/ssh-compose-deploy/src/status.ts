import { isStopped } from '@deploy-actions/core/compose/condition'
import type { Context } from '@deploy-actions/core/deploy/context'
import type { ProjectOptions } from '@deploy-actions/core/deploy/options'
import { surveyProject } from '@deploy-actions/core/deploy/project'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { containersIn, presentOf } from '@deploy-actions/core/deploy/untouched'
import { newestFirst } from '@deploy-actions/core/release/chain'
import { isFinal } from '@deploy-actions/core/release/pending'
import { isEmpty, nameOf, type Release } from '@deploy-actions/core/release/record'
import { certainDifferences } from '@deploy-actions/core/release/survey'

/** What the server runs and what it can roll back to. Changes nothing, and needs no lock. */
export async function status(options: ProjectOptions, context: Context): Promise<Outcome> {
  await using surveyed = await surveyProject(options, context)
  const { store } = surveyed
  const { held, releases, pending } = store
  const containers = await containersIn(surveyed, options.path)
  const stopped = containers.filter(isStopped).map(({ name }) => name)
  const drift = certainDifferences(store.differences)
  return {
    result: 'unchanged',
    release: held,
    runsNow: presentOf(held, containers).text,
    previous: releases.find(release => release.id === held?.previous),
    headline: held === undefined ? `No release in ${options.path} yet` : `${nameOf(held)} is the current release`,
    details: [
      ...(pending !== undefined && !isFinal(pending.phase)
        ? [`unfinished: the switch to ${pending.target} (${pending.phase})`]
        : []),
      'releases:',
      ...newestFirst(releases).map(release => `  ${release.id === held?.id ? '→' : ' '} ${lineOf(release)}`),
      ...store.damaged.map(({ id, why }) => `    ${id}  damaged: its record ${why}`),
      'containers:',
      ...containers.map(
        ({ name, state, health, imageRef }) => `    ${name}  ${state}${health ? `, ${health}` : ''}  ${imageRef}`,
      ),
      ...(stopped.length > 0
        ? [`stopped, and not started again by the engine; a deploy starts them: ${stopped.join(', ')}`]
        : []),
      ...(drift.length > 0
        ? ['changed on the server since the deploy:', ...drift.map(({ kind, path }) => `    ${path} (${kind})`)]
        : []),
    ],
  }
}

function lineOf(release: Release): string {
  if (isEmpty(release)) return `${release.id}  empty: nothing ran here before the first deploy`
  const why = release.stateReason ?? release.reason
  return `${nameOf(release)}  ${release.state}${why ? `  (${why})` : ''}`
}
