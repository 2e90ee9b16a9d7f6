import { afterAll } from 'vitest'
import { endChildren } from './startChild.ts'

afterAll(endChildren)
