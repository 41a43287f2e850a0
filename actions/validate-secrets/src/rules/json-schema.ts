import { CHECKS } from './read-checks.ts'
import { GROUP_KINDS } from './read-rules.ts'
import {
  KEY_NAMES,
  KEYS,
  type KeyName,
  type Kind,
  TYPE_NAMES,
  TYPES,
  type TypeName,
  typeTakes,
  URL_PARTS,
} from './vocabulary.ts'

export type Schema = Readonly<Record<string, unknown>>

const NAME = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }
const TEXT = { type: ['string', 'number', 'boolean'] }
const oneOrMore = (item: Schema): Schema => ({ anyOf: [item, { type: 'array', items: item, minItems: 1 }] })

const KINDS: { readonly [K in Kind]: Schema } = {
  flag: { type: 'boolean' },
  count: { type: 'integer', minimum: 0 },
  number: { type: 'number' },
  text: TEXT,
  texts: oneOrMore(TEXT),
  name: NAME,
  names: oneOrMore(NAME),
  pattern: { type: 'string', format: 'regex' },
  size: {
    anyOf: [
      { type: 'integer', minimum: 0 },
      {
        type: 'object',
        properties: { min: { type: 'integer', minimum: 0 }, max: { type: 'integer', minimum: 0 } },
        additionalProperties: false,
        minProperties: 1,
      },
    ],
  },
  severity: { enum: ['error', 'warning'] },
  type: { enum: TYPE_NAMES },
  parts: oneOrMore({ enum: URL_PARTS }),
}

const CONDITION: Schema = {
  type: 'object',
  minProperties: 1,
  propertyNames: NAME,
  additionalProperties: {
    anyOf: [
      oneOrMore(TEXT),
      { type: 'object', properties: { set: { type: 'boolean' } }, required: ['set'], additionalProperties: false },
      { type: 'object', properties: { not: oneOrMore(TEXT) }, required: ['not'], additionalProperties: false },
    ],
  },
}

/** For editors, so that they complete and check a rule file as it is written. Made from the vocabulary that the action reads by. */
export function rulesSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://raw.githubusercontent.com/org/actions/v1/validate-secrets/rules.schema.json',
    title: 'Rules of validate-secrets',
    type: 'object',
    additionalProperties: false,
    properties: {
      version: { const: 1 },
      secrets: { ...store(), description: 'Secrets by name, each with a type or a map of keys' },
      vars: { ...store(), description: 'Variables (vars) by name, in the same way' },
      groups: { type: 'array', items: group(), description: 'Names that depend on each other' },
      when: { type: 'array', items: when(), description: 'Names that are required on a condition' },
      checks: {
        type: 'array',
        items: { oneOf: checks() },
        description: 'Remote checks; made only with `remote-checks: true`',
      },
      'allow-other-names': { type: 'boolean', description: 'false: every name in the JSON inputs needs a rule' },
    },
    definitions: { rule: rule(), environment: environment(), condition: CONDITION },
  }
}

function store(): Schema {
  const names = { type: 'object', propertyNames: NAME, additionalProperties: { $ref: '#/definitions/rule' } }
  return { anyOf: [names, { type: 'array', items: { anyOf: [NAME, names] } }] }
}

function rule(): Schema {
  const types = TYPE_NAMES.map(type => ({ const: type, description: TYPES[type] }))
  const body = {
    type: 'object',
    additionalProperties: false,
    properties: {
      type: { oneOf: types },
      ...keysOf(KEY_NAMES),
      'required-when': { $ref: '#/definitions/condition', description: 'A condition on other names' },
      names: {
        type: 'object',
        minProperties: 1,
        propertyNames: NAME,
        additionalProperties: { $ref: '#/definitions/rule' },
        description: 'The names in the .env, each with a type or a map of keys',
      },
      environments: {
        type: 'object',
        additionalProperties: { $ref: '#/definitions/environment' },
        description: 'What changes in an environment, by the input `environment`',
      },
    },
    allOf: TYPE_NAMES.map(limitOfType),
  }
  return { anyOf: [{ type: 'null' }, { oneOf: types }, body] }
}

/** Keys that do nothing for a type are mistakes; a rule without a type is of the type text. */
function limitOfType(type: TypeName): Schema {
  const isOfType = {
    properties: { type: { const: type } },
    ...(type === 'text' ? {} : { required: ['type'] }),
    // With a decoded type it takes the keys of that one too.
    ...(type === 'base64' ? { not: { required: ['decoded-type'] } } : {}),
  }
  const foreign = [...KEY_NAMES.filter(key => !typeTakes(type, key)), ...(type === 'dotenv' ? [] : ['names'])]
  const needed = type === 'enum' || type === 'pattern' ? { required: [type] } : {}
  return { anyOf: [{ not: isOfType }, { ...needed, propertyNames: { not: { enum: foreign } } }] }
}

function environment(): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      type: { enum: TYPE_NAMES },
      ...Object.fromEntries(KEY_NAMES.map(key => [key, { $ref: `#/definitions/rule/anyOf/2/properties/${key}` }])),
    },
  }
}

function keysOf(keys: readonly KeyName[]): Record<string, Schema> {
  return Object.fromEntries(keys.map(key => [key, { ...KINDS[KEYS[key].kind], description: KEYS[key].description }]))
}

function group(): Schema {
  return {
    oneOf: GROUP_KINDS.map(kind => ({
      type: 'object',
      properties: { [kind]: { type: 'array', items: NAME, minItems: 2 } },
      required: [kind],
      additionalProperties: false,
    })),
  }
}

function when(): Schema {
  return {
    type: 'object',
    properties: { if: { $ref: '#/definitions/condition' }, require: oneOrMore(NAME) },
    required: ['if', 'require'],
    additionalProperties: false,
  }
}

function checks(): Schema[] {
  return Object.entries(CHECKS).map(([kind, shapes]) => ({
    type: 'object',
    properties: {
      [kind]: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(shapes).map(([key, { takes, description }]) => [
            key,
            takes === 'name' ? { ...NAME, description } : { ...oneOrMore(TEXT), description },
          ]),
        ),
        required: Object.entries(shapes).flatMap(([key, shape]) => (shape.required ? [key] : [])),
        additionalProperties: false,
      },
    },
    required: [kind],
    additionalProperties: false,
  }))
}
