import { json, message } from './answer.ts'
import { isTrue } from './api-request.ts'
import { type Call, databaseOf, type Handler, serviceOf } from './call.ts'
import { databaseRecord, serviceRecord } from './records.ts'
import type { Database, Service } from './resources.ts'

// Services and databases have no deployments: they are told to start, and their status says what became of it.
// https://github.com/coollabsio/coolify/blob/379abb252621/app/Http/Controllers/Api/ServicesController.php

/** What a service says of itself while its start is under way. */
export const STARTING = 'starting:unhealthy'

const withService =
  (work: (call: Call, service: Service) => ReturnType<Handler>): Handler =>
  call => {
    const service = serviceOf(call)
    return service ? work(call, service) : message(404, 'Service not found.')
  }

const withDatabase =
  (work: (call: Call, database: Database) => ReturnType<Handler>): Handler =>
  call => {
    const database = databaseOf(call)
    return database ? work(call, database) : message(404, 'Database not found.')
  }

/** Of all projects of the team. */
export const listServices: Handler = ({ instance, caller, secret }) => {
  const own = instance.services.filter(({ team }) => team === caller.team)
  return json(
    200,
    own.map(service => serviceRecord(service, { secret, sensitive: caller.canReadSensitive })),
  )
}

export const showService = withService(({ secret, caller }, service) =>
  json(200, serviceRecord(service, { secret, sensitive: caller.canReadSensitive })),
)

export const startService = withService(({ instance }, service) => {
  if (service.status.includes('running')) return message(400, 'Service is already running.')
  instance.bringUp(service, STARTING)
  return message(200, 'Service starting request queued.')
})

/** Only with `latest` are images pulled. */
export const restartService = withService(({ instance, request }, service) => {
  if (isTrue(request.input['latest'])) service.pulls += 1
  instance.bringUp(service, STARTING)
  return message(200, 'Service restarting request queued.')
})

export const stopService = withService((_, service) => {
  if (/stopped|exited/.test(service.status)) return message(400, 'Service is already stopped.')
  service.status = 'exited'
  return message(200, 'Service stopping request queued.')
})

export const showDatabase = withDatabase((_, database) => json(200, databaseRecord(database)))

export const startDatabase = withDatabase(({ instance }, database) => {
  if (database.status.includes('running')) return message(400, 'Database is already running.')
  instance.bringUp(database)
  return message(200, 'Database starting request queued.')
})

export const restartDatabase = withDatabase(({ instance }, database) => {
  instance.bringUp(database, 'exited:unhealthy')
  return message(200, 'Database restarting request queued.')
})
