import { z } from 'zod'

const path = z.string().min(1).describe('A file, relative to the workspace.')

/** One thing that a scripted agent does. */
const stepSchema = z.union([
  z.strictObject({ say: z.string() }).describe('Prints a line.'),
  z.strictObject({ echoPrompt: z.literal(true) }).describe('Prints the prompt.'),
  z
    .strictObject({
      write: path,
      text: z.string().optional(),
      json: z.unknown().optional(),
      bytes: z.int().nonnegative().optional(),
    })
    .describe('Writes a file; with `bytes` only so many of it, as an agent does that is cut off.'),
  z.strictObject({ remove: path }).describe('Removes a file or folder.'),
  z.strictObject({ sleep: z.number().nonnegative() }).describe('Does nothing for so many seconds.'),
  z.strictObject({ awaitFile: path }).describe('Goes on when the file is there.'),
  z
    .strictObject({ run: z.array(z.string()).min(1) })
    .describe('Runs a command, its output being the agent’s.'),
  z.strictObject({ flood: z.int().positive() }).describe('Prints so many bytes.'),
  z.strictObject({ ignore: z.literal('SIGTERM') }).describe('Ignores SIGTERM from now on.'),
  z
    .strictObject({ fork: z.enum(['group', 'session']) })
    .describe(
      'Starts a process that ignores SIGTERM and never ends, in its own group or in another session.',
    ),
  z.strictObject({ deleteWorkspace: z.literal(true) }).describe('Removes the workspace.'),
  z.strictObject({ silence: z.literal(true) }).describe('Does nothing any more.'),
  z.strictObject({ exit: z.int().min(0).max(255) }).describe('Ends with this code.'),
  z.strictObject({ crash: z.literal(true) }).describe('Ends itself by SIGKILL.'),
])

/** What a scripted agent does at which prompt: the first rule that fits and is not used up. */
export const scriptSchema = z.strictObject({
  rules: z.array(
    z.strictObject({
      phase: z.string().optional().describe('Only at prompts of this phase.'),
      prompt: z.string().optional().describe('Only at prompts that this regular expression is found in.'),
      times: z.int().positive().optional().describe('At so many prompts at most, over all its processes.'),
      do: z.array(stepSchema),
    }),
  ),
})

/** What a scripted agent does. */
export type Script = z.input<typeof scriptSchema>
