import { type Outcome, signOf } from '@deploy-actions/core/deploy/result'
import { isEmpty, nameOf, type Release } from '@deploy-actions/core/release/record'
import { type DeployFacts, deploySummary, type ServiceFacts } from '@deploy-actions/core/report/deploy-summary'
import type { Clean } from '@deploy-actions/core/report/shown-text'
import type { Phase } from '@deploy-actions/core/runner/timeline'
import type { Inputs } from './inputs.ts'

export interface Run {
  /** `deploy@shop.example.org`, as the log names it. */
  readonly server: string
  readonly mode: Inputs['mode']
  readonly dryRun: boolean
  readonly phases: readonly Phase[]
  readonly commit: DeployFacts['commit']
}

/** The job summary: what happened to which commit, why it failed, what runs, and how long each phase took. */
export function summaryOf(outcome: Outcome, run: Run, clean: Clean): string {
  const { result, headline, failedRelease, failure, evidence, details, url } = outcome
  const { server, mode, dryRun, phases, commit } = run
  const isPlan = dryRun || mode === 'status'
  const services = servicesOf(outcome)
  const removed = services.filter(({ change }) => change === REMOVED).map(({ name }) => name)
  return deploySummary(
    {
      sign: signOf(result),
      headline,
      commit,
      targets: [
        {
          name: server,
          result: `${signOf(result)} ${result}`,
          runsNow: runsNow(outcome),
          isUnchanged: isUntouched(outcome),
          ranBefore: ranBefore(outcome, mode),
          failedRelease: failedRelease && nameOf(failedRelease),
        },
      ],
      url: url !== undefined && isReachable(url) ? url : undefined,
      failure,
      notes: removed.length === 0 ? [] : [`Removed, as the release no longer contains them: ${removed.join(', ')}`],
      evidence,
      details: details && { title: dryRun ? 'Plan' : 'Status', lines: details, isOpen: isPlan },
      services,
      phases,
    },
    clean,
  )
}

function runsNow({ result, release, runsNow, failedRelease }: Outcome): string | undefined {
  if (runsNow !== undefined) return runsNow
  if (release !== undefined) return shownName(release)
  if (result === 'stopped') return 'nothing (the project is stopped)'
  if (result === 'failed' && failedRelease !== undefined) return 'nothing'
  return 'not known'
}

/** The run ended before it changed anything, and what ran still runs. */
function isUntouched({ result, release, previous, failedRelease }: Outcome): boolean {
  return result === 'failed' && failedRelease === undefined && release !== undefined && release.id === previous?.id
}

function ranBefore({ result, previous, failedRelease }: Outcome, mode: Inputs['mode']): string | undefined {
  if (previous !== undefined) return shownName(previous)
  const isSwitched = result === 'deployed' || failedRelease !== undefined
  return mode === 'deploy' && isSwitched ? 'nothing (first deploy)' : undefined
}

/** The state before a first deploy is a release too: an empty one. */
function shownName(release: Release): string {
  return isEmpty(release) ? 'nothing (first deploy)' : nameOf(release)
}

const REMOVED = 'removed'

/** The services of the release that runs, and how they differ from those that ran before. */
function servicesOf({ result, release, previous }: Outcome): readonly ServiceFacts[] {
  const services = release?.services ?? []
  const isSwitched = result === 'deployed' || result === 'rolled-back'
  if (!isSwitched || previous === undefined || previous.id === release?.id) return services
  const before = new Map(previous.services.map(service => [service.name, service]))
  const names = new Set(services.map(({ name }) => name))
  return [
    ...services.map(service => ({ ...service, change: changeOf(service.imageId, before.get(service.name)?.imageId) })),
    ...previous.services
      .filter(({ name }) => !names.has(name))
      .map(({ name, image }) => ({ name, image, change: REMOVED })),
  ]
}

function changeOf(imageId: string, before: string | undefined): string {
  if (before === undefined) return 'new'
  return before === imageId ? 'same image' : 'new image'
}

/** A health URL is often one that only the server itself can open. */
function isReachable(url: string): boolean {
  const hostname = URL.parse(url)?.hostname ?? ''
  return !/^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$|\.localhost$/.test(hostname)
}
