import { PawlError, PawlProblem, isSuccess, match, unwrap } from '@pawl/sdk'
import type { ResolveRunResult, ResumeRunResult, StartRunResult } from '@pawl/sdk'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { makeDetail, makeRun } from './words.ts'

const resumed = {
  __typename: 'ResumeRunSuccess',
  run: makeDetail({ id: 'run_07' }),
  lease: null,
  agentToken: null,
  isReplayed: false,
} as const satisfies ResumeRunResult as ResumeRunResult

const refused = {
  __typename: 'NotResumable',
  message: 'Somebody owns the run',
  run: makeRun({ status: 'RUNNING' }),
  status: 'RUNNING',
  because: 'OWNED',
  continuedBy: null,
  heldBy: null,
} as const satisfies ResumeRunResult as ResumeRunResult

/** A refusal that only a later server knows. */
const unheardOf = { __typename: 'MoonNotFull', message: 'Wait for the moon' } as unknown as ResumeRunResult

function catchError(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('unwrap', () => {
  it('returns the success member, typed', () => {
    const success = unwrap(resumed)
    expectTypeOf(success.__typename).toEqualTypeOf<'ResumeRunSuccess'>()
    expect(success.run.id).toBe('run_07')
  })

  it('throws the refusal with the server’s message', () => {
    const thrown = catchError(() => unwrap(refused))
    expect(thrown).toBeInstanceOf(PawlProblem)
    expect(thrown).toMatchObject({
      message: 'Somebody owns the run',
      problem: { because: 'OWNED', status: 'RUNNING' },
    })
  })

  it('throws a refusal it has never heard of, too', () => {
    expect(() => unwrap(unheardOf)).toThrow('Wait for the moon')
  })

  it('takes a resolved run for a success', () => {
    const resolved = { __typename: 'ResolveRunSuccess', via: 'EXPLICIT' } as ResolveRunResult
    expect(isSuccess(resolved)).toBe(true)
    expect(unwrap(resolved).via).toBe('EXPLICIT')
  })
})

describe('match', () => {
  it('calls the handler of the result’s type', () => {
    const text = match(refused, {
      ResumeRunSuccess: (success) => success.run.id,
      NotResumable: (problem) => `it is ${problem.status}, ${problem.because}`,
      _: (other) => other.__typename,
    })
    expectTypeOf(text).toBeString()
    expect(text).toBe('it is RUNNING, OWNED')
  })

  it('calls the default branch for a type without a handler', () => {
    const handlers = {
      ResumeRunSuccess: () => 'done',
      _: (other: { __typename: string }) => other.__typename,
    }
    expect(match(refused, handlers)).toBe('NotResumable')
    expect(match(unheardOf, handlers)).toBe('MoonNotFull')
  })

  it('does not take what every object inherits for a handler', () => {
    const odd = { __typename: 'toString', message: '' } as unknown as ResumeRunResult
    expect(match(odd, { _: () => 'default' })).toBe('default')
  })

  it('says which type has no handler, where a newer server answers with one', () => {
    const handlers = {
      ResumeRunSuccess: () => 1,
      NotResumable: () => 2,
      NotClaimable: () => 9,
      ConcurrencyConflict: () => 3,
      RevisionConflict: () => 4,
      IdempotencyMismatch: () => 5,
      NotFound: () => 6,
      InvalidInput: () => 7,
      Forbidden: () => 8,
    }
    expect(match(refused, handlers)).toBe(2)
    expect(() => match(unheardOf, handlers)).toThrow(
      new PawlError('No handler for MoonNotFull, and no default branch "_"'),
    )
  })

  it('does not compile without a handler for each type, or with one for none', () => {
    // @ts-expect-error -- six handlers are missing
    expect(match(refused, { ResumeRunSuccess: () => 1, NotResumable: () => 2 })).toBe(2)
    // @ts-expect-error -- no member has this name
    expect(match(refused, { NotResumabel: () => 1, _: () => 2 })).toBe(2)
    const started = {} as StartRunResult
    // @ts-expect-error -- a problem has no run of its own
    expect(() => started.run.id).toThrow(TypeError)
  })
})
