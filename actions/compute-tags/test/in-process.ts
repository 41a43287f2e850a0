import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gitIn } from '@deploy-actions/core/git/work-tree'
import { RepositoryApi } from '@deploy-actions/core/github/repository-api'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { readGitHubRun } from '@deploy-actions/core/runner/github-run'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import type { Case } from '../../../test/differential/compute-tags/cases.ts'
import { apiListener } from '../../../test/differential/compute-tags/fake-api.ts'
import { eventFile, FROZEN_AT } from '../../../test/differential/compute-tags/run-case.ts'
import { stepEnvironment } from '../../../test/differential/compute-tags/step-environment.ts'
import { makeWorkTree } from '../../../test/differential/compute-tags/work-tree.ts'
import { readInputs } from '../src/inputs.ts'
import { type RunResult, run } from '../src/run.ts'

/** Runs a case without a process of its own, against the same fake API. Rejects as the action fails. */
export async function runInProcess(subject: Case): Promise<RunResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'compute-tags-'))
  try {
    if (subject.workTree) makeWorkTree(folder, subject.workTree)
    await using server = await serve(apiListener(readFileSync(eventFile(subject), 'utf8'), subject.api ?? 'up'))
    const env = stepEnvironment(subject, { apiUrl: server.url, eventPath: eventFile(subject), temp: folder })
    const inputs = readInputs(env)
    const { token } = inputs
    const githubRun = await readGitHubRun(env)
    const http = createPlainHttpClient({ env: {}, clock: new ManualClock(), userAgent: 'test' })
    const { apiUrl, repository } = githubRun
    return await run(inputs, githubRun, {
      now: () => new Date(FROZEN_AT),
      git: gitIn(folder, { PATH: process.env['PATH'], GIT_CEILING_DIRECTORIES: tmpdir() }),
      api: token && (async () => new RepositoryApi({ http, apiUrl, repository, token })),
      log: new RecordingLog(),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
