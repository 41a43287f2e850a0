import { afterEach, beforeEach, jest } from '@jest/globals'

/** Keeps what the code of each test of a file writes to the standard output. To be called once, at the top of the file. */
export function captureStdout(): { readonly text: string } {
  const captured = { text: '' }
  beforeEach(() => {
    captured.text = ''
    jest.spyOn(process.stdout, 'write').mockImplementation(chunk => {
      captured.text += String(chunk)
      return true
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })
  return captured
}
