//! The contract of the ports, kept on both engines.

use crate::setup::Place;

mod sqlite {
    use super::Place;

    grantor_testkit::store_contract!(async { Place::sqlite().await.under_test() });
}

mod postgres {
    use super::Place;

    grantor_testkit::store_contract!(async { Place::postgres().await.under_test() });
}
