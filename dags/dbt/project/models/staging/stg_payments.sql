select
    id as payment_id,
    customer_id,
    status,
    amount_cents / 100.0 as amount,
    paid_on
from {{ ref('payments') }}
