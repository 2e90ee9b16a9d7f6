import { z } from 'zod'

/** Schema of a refusal in a tool's answer: that of the API, whose other fields depend on the type. */
export const refusalSchema = z.looseObject({
  type: z.string().describe("The refusal's type in the API, as NotCompletable, or the code of a fault."),
  message: z.string().describe('What is wrong.'),
  advice: z.array(z.string()).describe('What to do about it.'),
})

/** A refusal in a tool's answer. */
export type Refusal = z.infer<typeof refusalSchema>

/** Schema of everything that a tool answers: its result, or the server's refusal. */
export function answerSchema(result: z.ZodObject) {
  return z.object({
    ok: z.boolean().describe('Whether it did what it is for.'),
    say: z.string().describe('The answer in words.'),
    result: result.optional().describe('Missing in a refusal.'),
    refusal: refusalSchema.optional().describe('Why it was refused, and what to do.'),
  })
}
