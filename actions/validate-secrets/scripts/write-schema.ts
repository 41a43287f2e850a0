// Writes rules.schema.json anew: node actions/validate-secrets/scripts/write-schema.ts
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rulesSchema } from '../src/rules/json-schema.ts'

const file = join(import.meta.dirname, '../rules.schema.json')
await writeFile(file, `${JSON.stringify(rulesSchema(), undefined, 2)}\n`)
