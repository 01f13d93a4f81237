// Start the pages.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { passing } from './api/client';
import { App } from './shell/App';
import './styles.css';
import './library/library.css';
import './library/viewer.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => passing(error) && failures < 2,
      refetchInterval: (query) => (passing(query.state.error) ? 3000 : false),
      staleTime: 10_000,
    },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
