/** What this service can't do without; Coolify holds the values, one set for each environment. */
export const REQUIRED = ['NODE_ENV']

/** The settings, from the environment. What is missing is told by /health, since a service that ends says nothing. */
export function readSettings(env) {
  return {
    port: Number(env.PORT || 3000),
    version: env.VERSION || 'dev',
    commit: env.COMMIT || '',
    mongodbUri: env.MONGODB_URI || undefined,
    missing: REQUIRED.filter(name => !env[name]),
  }
}
