import { isSuccess } from '@pawl/sdk'

/** What became of several requests of one kind. */
export interface Outcomes {
  readonly done: number
  readonly refused: number
  /** No answer came: it is not known whether they were done. */
  readonly unknown: number
}

/** What became of requests, by their answers. */
export async function countOutcomes(
  answers: readonly Promise<{ readonly __typename: string }>[],
): Promise<Outcomes> {
  const settled = await Promise.allSettled(answers)
  const done = settled.filter((answer) => answer.status === 'fulfilled' && isSuccess(answer.value)).length
  const unknown = settled.filter((answer) => answer.status === 'rejected').length
  return { done, refused: settled.length - done - unknown, unknown }
}

/** What became of them, in words. */
export function describeOutcomes({ done, refused, unknown }: Outcomes): string {
  return [
    `${done} done`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(unknown > 0 ? [`${unknown} without an answer, so that it is not known whether they were done`] : []),
  ]
    .join(', ')
    .concat('.')
}
