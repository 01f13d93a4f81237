// Start the pages.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import './components/components.css';
import './components/forms.css';
import './components/panels.css';
import { isTransient } from './api/problem';
import { router } from './app/router';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => isTransient(error) && failures < 2,
      refetchInterval: (query) => (isTransient(query.state.error) ? 3000 : false),
      staleTime: 10_000,
      retryDelay: 500, // ms
      networkMode: 'always', // the server may be this machine: it is asked although the browser believes to be offline
    },
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
