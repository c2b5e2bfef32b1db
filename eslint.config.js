// The rules of all TypeScript in the repository; each package has its own tsconfig.json.
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/dist/", "**/.*/", "**/node_modules/", "dashboard/src/api/schema.d.ts"]),
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 45, skipBlankLines: true }],
      complexity: ["error", 10],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      "@typescript-eslint/no-non-null-assertion": "off", // noUncheckedIndexedAccess asks for some
    },
  },
  {
    files: ["dashboard/**/*.{ts,tsx}"],
    rules: { "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }] },
  },
  {
    files: ["dashboard/src/**/*.{ts,tsx}"],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      // A component is mostly markup, which is long and simple.
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true }],
      // What options and hooks of the libraries return has names that only the libraries should have to write.
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
  {
    files: ["**/test/**/*.{ts,tsx}", "**/e2e/**/*.ts"],
    rules: { "max-lines-per-function": "off" }, // a describe block is one function
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
  },
  {
    files: ["dashboard/public/*.js"],
    languageOptions: { globals: { document: "readonly", localStorage: "readonly", matchMedia: "readonly" } },
  },
);
