import { RepositoryApi } from '@deploy-actions/core/github/repository-api'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import type { GitHubRun } from '@deploy-actions/core/runner/github-run'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import type { Secret } from '@deploy-actions/core/values/secret'

/** The API of the run's own repository. */
export function repositoryApi(run: GitHubRun, token: Secret, env: Environment, signal: AbortSignal): RepositoryApi {
  return new RepositoryApi({
    http: createPlainHttpClient({ env, clock: systemClock, userAgent: 'deploy-actions/compute-tags' }),
    apiUrl: run.apiUrl,
    repository: run.repository,
    token,
    signal,
  })
}
