import { expect, it } from '@jest/globals'
import { commitOfEvent, eventRunOf, withEventRun } from '../src/event-run.ts'
import { NEWER, SHA, workflowRun } from './fixture.ts'

const payload = (differences: object = {}) => ({
  workflow_run: {
    ...{ id: 101, workflow_id: 1, name: 'CI', path: '.github/workflows/ci.yml', event: 'push', head_branch: 'main' },
    ...{ head_sha: SHA, run_attempt: 1, status: 'completed', conclusion: 'success' },
    html_url: 'https://github.com/octo-org/shop/actions/runs/101',
    head_repository: { full_name: 'octo-org/shop' },
    ...differences,
  },
})

const event = eventRunOf(payload())
const snapshot = (...runs: ReturnType<typeof workflowRun>[]) => ({
  ...{ sha: SHA, runs, jobs: [], checks: [], statuses: [], suites: [], head: undefined },
})

it('reads the run of the payload', () => {
  expect(event).toEqual({ run: workflowRun(), sha: SHA, from: 'octo-org/shop' })
  expect(eventRunOf(payload({ head_repository: { full_name: 'somebody/shop' } }))?.from).toBe('somebody/shop')
  expect(eventRunOf({})).toBeUndefined()
  expect(eventRunOf(undefined)).toBeUndefined()
})

it('knows the commit that an event is about', () => {
  expect(commitOfEvent(payload(), NEWER)).toBe(SHA)
  expect(commitOfEvent({ pull_request: { head: { sha: SHA } } }, NEWER)).toBe(SHA)
  expect(commitOfEvent({}, NEWER)).toBe(NEWER)
})

it('puts the run of the event in the place of one that lags behind', () => {
  if (event === undefined) throw new Error('no event')
  const done = workflowRun()
  expect(withEventRun(snapshot(), event).runs).toEqual([done])
  expect(withEventRun(snapshot(workflowRun({ status: 'in_progress', conclusion: undefined })), event).runs).toEqual([
    done,
  ])
  const other = workflowRun({ id: 102 })
  expect(withEventRun(snapshot(other), event).runs).toEqual([other, done])
})

it('leaves a run that is ahead of the event', () => {
  if (event === undefined) throw new Error('no event')
  const rerun = workflowRun({ attempt: 2, status: 'queued', conclusion: undefined })
  expect(withEventRun(snapshot(rerun), event).runs).toEqual([rerun])
  const failed = workflowRun({ conclusion: 'failure' })
  expect(withEventRun(snapshot(failed), event).runs).toEqual([failed])
})
