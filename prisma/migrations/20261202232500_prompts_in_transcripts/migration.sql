-- What an agent was prompted with stands in its transcript.
ALTER TYPE "entry_kind" ADD VALUE 'PROMPT';
