import { z } from 'zod'
import { whyNotPassed } from './inheritEnvironment.ts'

/** Names of variables that are inherited in addition to the fixed list. */
export const passEnvSchema = z.array(
  z.string().superRefine((name, issues) => {
    const message = whyNotPassed(name)
    if (message !== null) issues.addIssue({ code: 'custom', message })
  }),
)
