// Unit tests. Style sheets are read as they are: src/conventions.test.ts checks them.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { css: true } });
