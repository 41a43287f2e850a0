// Writes checks.schema.json anew: node actions/smoke-test/scripts/write-schema.ts
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checksSchema } from '../src/checks/checks-schema.ts'

const file = join(import.meta.dirname, '../checks.schema.json')
await writeFile(file, `${JSON.stringify(checksSchema(), undefined, 2)}\n`)
