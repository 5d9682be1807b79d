import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import typescript from 'typescript-eslint'

const inTypeScript = ['**/*.ts', '**/*.vue']
const unsafe = ['argument', 'assignment', 'call', 'member-access', 'return']
const noUnsafe = Object.fromEntries(unsafe.map((what) => [`@typescript-eslint/no-unsafe-${what}`, 'off']))

export default defineConfig(
  globalIgnores([
    'out/',
    'coverage/',
    'test-results/',
    'playwright-report/',
    'bench-results/',
    'src/main/graph/proto/',
    'test/fixtures/',
    'resources/sample/'
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: inTypeScript,
    extends: [typescript.configs.strictTypeChecked, ...vue.configs['flat/recommended']],
    languageOptions: {
      parserOptions: {
        parser: typescript.parser,
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue']
      }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true }
      ],
      // Numbers read well in templates, and a void arrow is an event handler's usual form.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A procedure of the contract is asynchronous whether or not this one waits.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // A field of an ONNX message is any number, which the message's enum only names.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The compiler finds these, and knows more names.
      'no-undef': 'off',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['warn', 400]
    }
  },
  {
    files: ['**/*.vue'],
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-props-declaration': 'error',
      'vue/define-emits-declaration': 'error',
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      // An absent boolean prop is false, so its type has no undefined; a default of true is still a default.
      '@typescript-eslint/no-useless-default-assignment': 'off'
    }
  },
  {
    // Only vue-tsc knows the type of an imported component; to the linter it is `any`.
    files: ['src/renderer/**', 'test/renderer/**'],
    // createApp is not a second component.
    rules: { ...noUnsafe, 'vue/one-component-per-file': 'off' }
  },
  {
    // Published coefficients and reference values keep the digits they were published with.
    files: ['src/main/perturbations/**', 'src/shared/statistics/**', 'test/**'],
    rules: { 'no-loss-of-precision': 'off' }
  },
  {
    files: ['src/main/hosts/cli/**', 'scripts/**'],
    rules: { 'no-console': 'off' }
  },
  {
    // A test reads JSON that somebody else computed, and knows what is in it.
    files: ['test/**'],
    rules: {
      ...noUnsafe,
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      'no-console': 'off',
      'max-lines': 'off'
    }
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { globals: globals.node }
  },
  {
    files: ['bin/**'],
    rules: { 'no-var': 'off' }
  },
  prettier
)
