import { mapEventIterator } from '@orpc/client'
import { ORPCError, os, ValidationError } from '@orpc/server'
import type { Logger } from 'pino'
import { isErrorCode, LinchpinError, toProblem } from '@shared/errors'
import { describeIssues } from './issues'

type ProblemError = ORPCError<string, unknown>

/**
 * What a client gets of an error, so that `toProblem` restores it there: code, message, fix and details.
 * Errors that nobody foresaw go to the log with their stack and reach the client as `BUG`.
 *
 * @param aborted the client has gone or given up: what a handler throws then is no bug.
 */
export function toCarriedError(
  error: unknown,
  context: { path: readonly string[]; log: Logger; aborted: boolean }
): ProblemError {
  if (isCarried(error)) return error
  const procedure = context.path.join('.')
  const problem = toProblem(foreseen(error, procedure, context))
  if (problem.code === 'BUG')
    context.log.error({ err: error, procedure, ...rejectedOutput(error) }, 'call failed')
  return new ORPCError(problem.code, {
    message: problem.message,
    data: {
      ...(problem.fix === undefined ? {} : { fix: problem.fix }),
      ...(problem.details === undefined ? {} : { details: problem.details })
    }
  })
}

/** An error that a procedure inside this one has brought into this form already. */
function isCarried(error: unknown): error is ProblemError {
  return error instanceof ORPCError && isErrorCode(error.code)
}

/** The errors that oRPC and an abort bring, as ours; any other error as it is. */
function foreseen(error: unknown, procedure: string, context: { aborted: boolean }): unknown {
  if (error instanceof LinchpinError) return error
  if (context.aborted) return new LinchpinError('CANCELLED', `${procedure} was given up by its caller.`)
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError) {
    const lines = describeIssues(error.cause.issues, error.cause.data)
    return new LinchpinError('OPTION_INVALID', `${lines.join('; ')} (${procedure}).`, {
      details: lines,
      cause: error
    })
  }
  return error
}

/** Where an output broke the contract; the output itself may be huge and stays out of the log. */
function rejectedOutput(error: unknown): { issues?: string[] } {
  if (!(error instanceof Error) || !(error.cause instanceof ValidationError)) return {}
  return { issues: describeIssues(error.cause.issues, undefined).slice(0, 10) }
}

function isEventIterator(value: unknown): value is AsyncIteratorObject<unknown> {
  return typeof value === 'object' && value !== null && 'next' in value && Symbol.asyncIterator in value
}

/**
 * Belongs first on every router, `implement(contract).use(problemMiddleware(log))`, so that input validation
 * runs inside it. Turns whatever a handler or its event iterator throws into an error that every carrier, and
 * a direct client, hands on whole; returns a handler's event iterator when its client goes.
 */
export function problemMiddleware(log: Logger) {
  return os.middleware(async ({ next, path, signal }) => {
    const carried = (error: unknown): ProblemError =>
      toCarriedError(error, { path, log, aborted: signal?.aborted ?? false })
    try {
      const result = await next()
      const output: unknown = result.output
      if (!isEventIterator(output)) return result
      // oRPC looks at the signal only when the next event comes, which may be never.
      const stop = (): void => {
        output
          .return?.()
          .catch((error: unknown) => log.warn({ err: error, path }, 'event stream did not end well'))
      }
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
      const mapped = mapEventIterator(output, {
        value: (value: unknown) => Promise.resolve(value),
        error: (error) => Promise.resolve(carried(error))
      })
      return { ...result, output: mapped }
    } catch (error) {
      throw carried(error)
    }
  })
}
