import { appendSummary } from '@deploy-actions/core/runner/summary'
import { describe, expect, it } from '@jest/globals'
import { captureStdout } from './captured-stdout.ts'

const written = captureStdout()

describe('appendSummary', () => {
  it('has the summary in the log too where the server shows none', async () => {
    await appendSummary('### Tags\n\n::error::x\n', { GITEA_ACTIONS: 'true' })
    expect(written.text).toBe('::group::Job summary\n### Tags\n\n\u200b::error::x\n::endgroup::\n')
  })

  it('keeps it out of the log of GitHub', async () => {
    await appendSummary('### Tags', {})
    expect(written.text).toBe('')
  })
})
