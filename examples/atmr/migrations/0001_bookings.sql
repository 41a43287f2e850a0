create table bookings (
  id bigint generated always as identity primary key,
  destination text not null check (destination <> ''),
  created_at timestamptz not null default now()
);
