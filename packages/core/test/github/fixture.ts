import { CommitCi } from '@deploy-actions/core/github/commit-ci'
import { GitHubApi, type GitHubApiOptions } from '@deploy-actions/core/github/github-api'
import { GitHubError } from '@deploy-actions/core/github/github-error'
import { openOctokit } from '@deploy-actions/core/github/octokit'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Secret } from '@deploy-actions/core/values/secret'
import { FakeGitHub, type FakeGitHubOptions } from '@deploy-actions/testkit/github/server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'

export const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
export const NEWER = '8f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c'

/** A GitHub whose commit is at the head of main, and a client of it, on one clock. */
export async function world(options: FakeGitHubOptions = {}, more: Partial<GitHubApiOptions> = {}) {
  const clock = new ManualClock()
  const github = await FakeGitHub.start({ now: () => clock.now(), ...options })
  github.repository.push(SHA)
  const http = createPlainHttpClient({ env: {}, clock: systemClock, userAgent: 'test' })
  const token = new Secret(github.token)
  const open = () => openOctokit({ http, apiUrl: github.apiUrl, token })
  const api = new GitHubApi({ open, clock, apiUrl: github.apiUrl, ...more })
  const ci = new CommitCi({ api, repository: 'octo-org/shop', serverUrl: github.url })
  /** Milliseconds from now on. */
  const within = (ms: number) => clock.now() + ms
  return { github, clock, api, ci, within, [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() }
}

/** What a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<GitHubError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof GitHubError)) throw new Error(`no GitHubError: ${String(thrown)}`)
  return thrown
}
