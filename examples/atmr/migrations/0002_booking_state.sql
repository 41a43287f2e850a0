alter table bookings add column state text not null default 'open' check (state in ('open', 'dispatched'));
create index bookings_open on bookings (created_at) where state = 'open';
