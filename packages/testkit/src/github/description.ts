import { readFileSync } from 'node:fs'
import type { Subset } from './cut-openapi.ts'

/** What GitHub publishes of the calls that the fake answers. `cut-openapi.ts` makes the file. */
export const description: Subset = JSON.parse(readFileSync(new URL('fixtures/openapi.json', import.meta.url), 'utf8'))
