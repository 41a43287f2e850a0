import { CHECK, expectSchema, oneKindSchema } from './check-shape.ts'
import { DOCUMENT } from './document.ts'
import { matcherDefinitions } from './matcher-vocabulary.ts'
import { type Schema, schemaOfShape } from './reader.ts'
import { withSharedSchemas } from './shared-schemas.ts'
import { url } from './url.ts'

/** For editors, so that they complete and check a file of checks as it is written. Made of the vocabulary that the action reads by. */
export function checksSchema(): Schema {
  return withSharedSchemas({
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://raw.githubusercontent.com/org/actions/v1/smoke-test/checks.schema.json',
    title: 'Checks of smoke-test',
    anyOf: [
      { ...schemaOfShape(DOCUMENT), required: ['checks'] },
      { type: 'array', items: { $ref: '#/definitions/check' }, minItems: 1 },
    ],
    definitions: {
      check: { anyOf: [shortForm(), { ...schemaOfShape(CHECK), ...oneKindSchema() }] },
      expect: expectSchema,
      ...matcherDefinitions(),
    },
  })
}

function shortForm(): Schema {
  return { anyOf: [url.schema, { type: 'string', pattern: '^(tcp|tls)://[^\\s]+$' }] }
}
