import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    passWithNoTests: true,
    // How long a test takes says how busy the machine is.
    testTimeout: 600_000,
  },
});
